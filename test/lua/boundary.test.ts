/** Laws of the boundary of a unit: values in and out, and errors of any shape (`errors-and-payloads.md` § 4-5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHost, type HostValue } from '../../src/lua/index.ts';
import type { Outcome } from '../../src/process/index.ts';
import { bootLua, resultOf } from '../support/lua-world.ts';

const world = bootLua({
  'app:same': { kind: 'function.lua', source: 'local function main(v) return v end' },
  'app:relay': {
    kind: 'function.lua',
    source: `local function main(v)
      local inbox = process.inbox()
      process.send(process.pid(), "t", v)
      return inbox:receive():payload():data()
    end`,
  },
  'app:raise': { kind: 'function.lua', source: 'local function main(v) error(v) end' },
  'app:second': { kind: 'function.lua', source: 'local function main(v) return 1, v end' },
});

function call(id: string, value: HostValue): Outcome {
  let seen: Outcome | undefined;
  world.system.call({ entryId: id, args: [fromHost(value)] }, (outcome) => {
    seen = outcome;
  });
  world.clock.flush();
  return seen!;
}

const key = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/^\d/.test(text));
const value = fc.letrec<{ value: HostValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true }).filter((n) => !Number.isInteger(n)),
    fc.boolean(),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }),
    fc.dictionary(key, tie('value'), { minKeys: 1, maxKeys: 4 }),
  ),
})).value;

describe('a value', () => {
  it('comes back equal from a function, and from a mailbox', () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(resultOf(call('app:same', one))).toEqual(one);
        expect(resultOf(call('app:relay', one))).toEqual(one);
      }),
    );
  });
});

describe('an error', () => {
  it('of any shape arrives as a failure with a kind and a text', () => {
    fc.assert(
      fc.property(fc.oneof(value, fc.constant(null)), (one) => {
        const outcome = call('app:raise', one);
        expect(outcome.ok).toBe(false);
        if (outcome.ok) return;
        expect(outcome.failure.kind).not.toBe('');
        expect(typeof outcome.failure.message).toBe('string');
        if (typeof one === 'string') expect(outcome.failure.message).toBe(`app:raise:1: ${one}`);
        expect(outcome.returned).toBeUndefined();
      }),
    );
  });

  it('is what a second result says only when that is a text or an error object', () => {
    fc.assert(
      fc.property(value, (one) => {
        const outcome = call('app:second', one);
        expect(outcome.ok).toBe(typeof one !== 'string');
        if (!outcome.ok) {
          expect(outcome.returned).toBe(true);
          expect(outcome.failure).toMatchObject({ kind: 'Internal', message: one, retryable: false });
        }
      }),
    );
  });
});
