/**
 * One error class for everything moonhub reports. `code` is for machines, `message` says what happened,
 * `hint` says what to do next, `kind` is what Lua sees (`errors-and-payloads.md` § 2).
 */
import { ERROR_CODES, type ErrorCode, type ErrorKind } from './error-codes.ts';
import { ERROR_MESSAGE_LENGTH_MAX } from './limits.ts';

/** What a `HubError` may carry beyond its code. */
export interface HubErrorOptions {
  /** One line: "Cannot <do what>: <fact>, got <value>"; no full stop. */
  readonly message: string;
  /** A sentence telling the reader what to do next. */
  readonly hint?: string;
  /** Data for machines; plain values. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Overrides the kind of the code's row. */
  readonly kind?: ErrorKind;
  /** Overrides the retryable flag of the code's row. */
  readonly retryable?: boolean;
}

/** An expected failure. Bugs of ours use `assert` instead. */
export class HubError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, options: HubErrorOptions) {
    super(clip(options.message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HubError';
    this.code = code;
    const row = ERROR_CODES[code];
    this.kind = options.kind ?? row.kind;
    this.retryable = options.retryable ?? row.retryable;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** Messages repeat what they were given; a value of megabytes must not fill a log with itself. */
function clip(message: string): string {
  if (message.length <= ERROR_MESSAGE_LENGTH_MAX) return message;
  return `${message.slice(0, ERROR_MESSAGE_LENGTH_MAX)}... (${message.length} characters)`;
}

/**
 * A failure as plain data: the form in which an error crosses a process or function boundary
 * (`errors-and-payloads.md` § 4).
 */
export interface Failure {
  /** An `ErrorKind` or any string a program chose. Never `''` after a boundary. */
  readonly kind: string;
  readonly message: string;
  /** `undefined` = unknown. */
  readonly retryable: boolean | undefined;
  /** Details as a message value (see `lua/value`), or plain data from a HubError. */
  readonly details?: unknown;
  /** Lua stack where the error was made. */
  readonly stack?: string;
  /** For logs: `file:line:column`, the source line and a caret under the place of the error. */
  readonly excerpt?: string;
  /** For people: what the error held beside its message, one line such as `{code = 42}`, bounded. */
  readonly content?: string;
  /** Wrap contexts, innermost first (`errors.wrap`). */
  readonly contexts?: readonly string[];
}

/** Turns anything thrown into a `Failure`. Unknown values become kind `Internal`. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof HubError) {
    const { kind, message, retryable, details } = thrown;
    return details === undefined
      ? { kind: kind || 'Internal', message, retryable }
      : { kind: kind || 'Internal', message, retryable, details };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { kind: 'Internal', message, retryable: undefined };
}

/** A failure as one line for people: its message and what else it held. */
export function describeFailure({ message, content }: Pick<Failure, 'message' | 'content'>): string {
  return content === undefined ? message : `${message}: ${content}`;
}

/** Stops with an error when one of our own assumptions is broken. Never for user input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`moonhub bug: ${message}`);
}
