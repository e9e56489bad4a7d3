import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  isWorthRetrying,
  readCallOptions,
  readRetryPolicy,
  retryDelayMs,
} from '../../../src/modules/funcs/options.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

it('readCallOptions() takes milliseconds or a duration, and ignores other keys (concurrency.md § 9.6)', () => {
  expect(readCallOptions({ timeout: 50, unknown: {} })).toEqual({ timeoutMs: 50, retry: undefined });
  expect(readCallOptions({ timeout: '1m30s' }).timeoutMs).toBe(90_000);
  expect(readCallOptions({})).toEqual({ timeoutMs: undefined, retry: undefined });
});

it.each([
  { timeout: -1 },
  { timeout: 'soon' },
  { timeout: {} },
  { retry: { max_attempts: 0 } },
  { retry: { jitter: 2 } },
])('readCallOptions() refuses %j', (options) => {
  expect(() => readCallOptions(options)).toThrowError(
    expect.objectContaining({ code: 'MH_FUNCS_OPTION_INVALID', kind: 'Invalid' }),
  );
});

it('readRetryPolicy() has the documented defaults', () => {
  expect(readRetryPolicy({ max_attempts: 3 })).toEqual({
    attemptsMax: 3,
    initialDelayMs: 100,
    delayMsMax: 10_000,
    backoffFactor: 2,
    jitter: 0.1,
    retryKinds: [],
    skipKinds: [],
  });
});

it('retryDelayMs() grows by the factor up to the limit, within the jitter', () => {
  const policy = readRetryPolicy({ max_attempts: 9, jitter: 0 });
  expect([2, 3, 4, 5].map((attempt) => retryDelayMs(policy, attempt, 0.5))).toEqual([100, 200, 400, 800]);
  expect(retryDelayMs(policy, 30, 0.5)).toBe(10_000);
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, random) => {
        const delayMs = retryDelayMs({ ...policy, jitter: 0.1 }, attempt, random);
        const exact = retryDelayMs(policy, attempt, random);
        expect(Math.abs(delayMs - exact)).toBeLessThanOrEqual(exact * 0.1 + 1e-9);
      },
    ),
  );
});

it('isWorthRetrying() knows final failures', () => {
  const policy = readRetryPolicy({ max_attempts: 2, skip_kinds: ['TIMEOUT'] });
  expect(isWorthRetrying(policy, { kind: 'Internal', retryable: undefined })).toBe(true);
  expect(isWorthRetrying(policy, { kind: 'Internal', retryable: false })).toBe(false);
  expect(isWorthRetrying(policy, { kind: 'Canceled', retryable: true })).toBe(false);
  expect(isWorthRetrying(policy, { kind: 'Timeout', retryable: true })).toBe(false);
  const only = readRetryPolicy({ max_attempts: 2, retry_kinds: ['Unavailable'] });
  expect(isWorthRetrying(only, { kind: 'Unavailable', retryable: true })).toBe(true);
  expect(isWorthRetrying(only, { kind: 'Internal', retryable: true })).toBe(false);
});

it("a callee's meta.options.retry counts where the caller says nothing; a malformed one fails the call (concurrency.md § 9.6)", async () => {
  const flaky = (retry: unknown) => ({
    kind: 'function.lua',
    source: `function main()
      process.send("counter", "attempt")
      return nil, errors.new{message = "flaky", kind = errors.UNAVAILABLE, retryable = true}
    end`,
    meta: { options: { retry } } as never,
  });
  const world = bootLua({
    'app:flaky': flaky({ max_attempts: 3, initial_delay: '1ms' }),
    'app:broken': flaky({ max_attempts: 'many' }),
    'app:main': {
      modules: ['funcs'],
      source: `function main()
        process.registry.register("counter")
        local function attempts(executor, target)
          local _, err = executor:call(target)
          local n = 0
          while not channel.select{process.inbox():case_receive(), default = true}.default do n = n + 1 end
          return n .. " " .. err:kind()
        end
        return {
          attempts(funcs.new(), "app:flaky"),
          attempts(funcs.new():with_options{retry = {max_attempts = 2, initial_delay = 1}}, "app:flaky"),
          attempts(funcs.new(), "app:broken"),
        }
      end`,
    },
  });
  expect(resultOf(await world.run('app:main'))).toEqual(['3 Unavailable', '2 Unavailable', '0 Invalid']);
});
