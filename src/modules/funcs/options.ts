/** Options of a call: `with_options{timeout=, retry=}` and `meta.options.retry` of a callee (`concurrency.md` § 9.6). */
import { HubError, tryParseDurationNs } from '../../base/index.ts';
import { knownKind } from '../../lua/index.ts';

/** How often and when a failed call is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly attemptsMax: number;
  readonly initialDelayMs: number;
  readonly delayMsMax: number;
  readonly backoffFactor: number;
  /** Share of a delay by which it may be longer or shorter, 0-1. */
  readonly jitter: number;
  /** Kinds worth another attempt; empty = all. */
  readonly retryKinds: readonly string[];
  /** Kinds that are final. */
  readonly skipKinds: readonly string[];
}

/** What a caller may ask for. */
export interface CallOptions {
  /** For the whole call, attempts and pauses together. `undefined` = as long as it takes. */
  readonly timeoutMs: number | undefined;
  readonly retry: RetryPolicy | undefined;
}

export const NO_OPTIONS: CallOptions = { timeoutMs: undefined, retry: undefined };

/** Attempts a policy may ask for. */
const ATTEMPTS_MAX = 1000;

type Fields = { readonly [key: string]: unknown };

/** Reads `with_options`. Unknown keys are ignored. @throws MH_FUNCS_OPTION_INVALID */
export function readCallOptions(value: unknown): CallOptions {
  const fields = toFields(value);
  return {
    timeoutMs: fields.timeout === undefined ? undefined : readMs(fields.timeout, 'timeout', 0),
    retry: fields.retry === undefined || fields.retry === null ? undefined : readRetryPolicy(fields.retry),
  };
}

/** Reads a retry policy. @throws MH_FUNCS_OPTION_INVALID */
export function readRetryPolicy(value: unknown): RetryPolicy {
  const fields = toFields(value);
  return {
    attemptsMax: Math.trunc(readNumber(fields.max_attempts, 'max_attempts', 1, 1, ATTEMPTS_MAX)),
    initialDelayMs: readMs(fields.initial_delay, 'initial_delay', 100),
    delayMsMax: readMs(fields.max_delay, 'max_delay', 10_000),
    backoffFactor: readNumber(fields.backoff_factor, 'backoff_factor', 2, 1, 1000),
    jitter: readNumber(fields.jitter, 'jitter', 0.1, 0, 1),
    retryKinds: readKinds(fields.retry_kinds, 'retry_kinds'),
    skipKinds: readKinds(fields.skip_kinds, 'skip_kinds'),
  };
}

/** The pause before attempt `attempt` (2, 3, ...). `random` is from 0 to 1. */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const delayMs = Math.min(policy.initialDelayMs * policy.backoffFactor ** (attempt - 2), policy.delayMsMax);
  return Math.max(0, delayMs * (1 + policy.jitter * (2 * random - 1)));
}

/** Whether a failure may be followed by another attempt. */
export function isWorthRetrying(
  policy: RetryPolicy,
  failure: { readonly kind: string; readonly retryable: boolean | undefined },
): boolean {
  if (failure.retryable === false || failure.kind === 'Canceled') return false;
  if (policy.skipKinds.includes(failure.kind)) return false;
  return policy.retryKinds.length === 0 || policy.retryKinds.includes(failure.kind);
}

function toFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** A number of milliseconds, or a duration as text. */
function readMs(value: unknown, name: string, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) return number;
  const ns = typeof number === 'string' ? tryParseDurationNs(number, { days: true }) : undefined;
  if (ns === undefined || ns < 0) throw optionInvalid(name, 'expected milliseconds or a duration', value);
  return ns / 1e6;
}

function readNumber(value: unknown, name: string, fallback: number, min: number, max: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw optionInvalid(name, `expected a number from ${min} to ${max}`, value);
}

function readKinds(value: unknown, name: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const kinds = Array.isArray(value) ? value : Object.values(toFields(value));
  if (!kinds.every((kind): kind is string => typeof kind === 'string')) {
    throw optionInvalid(name, 'expected a list of error kinds', value);
  }
  return kinds.map(knownKind);
}

function optionInvalid(name: string, expected: string, value: unknown): HubError {
  const shown = typeof value === 'object' ? 'a table' : `'${String(value)}'`;
  return new HubError('MH_FUNCS_OPTION_INVALID', {
    message: `Cannot use option '${name}' of a call: ${expected}, got ${shown}`,
  });
}
