/**
 * The error object Lua programs see (`errors-and-payloads.md` § 1): immutable userdata with kind, message, retryable,
 * details, stack and wrap contexts. The same object may be seen by many processes.
 */
import { type ErrorKind, type Failure, HubError } from '../../base/index.ts';
import {
  checkHostObject,
  copyValue,
  defineHostType,
  type Frame,
  freshHostObject,
  type HostType,
  type LuaState,
  type LuaValue,
  newTable,
  pushBoolean,
  pushInteger,
  pushNil,
  pushOwned,
  pushText,
  raise,
  rawSetIndex,
  setField,
  toDisplay,
  toHostObject,
  traceback,
  typeOf,
} from '../../vm/index.ts';
import { fromHost, type HostValue } from './values.ts';

/** Frames kept of the place where an error was made. Beyond: the outer ones are left out. */
const STACK_FRAMES_MAX = 32;

/** Fields of an error; see `Failure` for what crosses a boundary. */
export interface LuaErrorFields {
  /** `''` = unclassified. */
  readonly kind: string;
  readonly message: string;
  readonly retryable?: boolean | undefined;
  /** A table, owned by the error. */
  readonly details?: LuaValue | undefined;
  /** Innermost first. */
  readonly contexts?: readonly string[];
  readonly frames?: readonly Frame[];
  /** Stack as text when no frames are known (made outside Lua). */
  readonly stack?: string | undefined;
}

/** One error object. */
export class LuaError {
  readonly kind: string;
  readonly message: string;
  readonly retryable: boolean | undefined;
  readonly details: LuaValue | undefined;
  readonly contexts: readonly string[];
  readonly frames: readonly Frame[];
  readonly #stack: string | undefined;

  constructor(fields: LuaErrorFields) {
    this.kind = fields.kind;
    this.message = fields.message;
    this.retryable = fields.retryable;
    this.details = fields.details;
    this.contexts = fields.contexts ?? [];
    this.frames = fields.frames ?? [];
    this.#stack = fields.stack;
  }

  /** Message with the wrap contexts, outermost first: `ctx2: ctx1: message`. */
  get text(): string {
    return [...this.contexts.toReversed(), this.message].join(': ');
  }

  /** Lua stack where the error was made; never empty. */
  get stack(): string {
    return this.#stack ?? formatStack(this.frames);
  }
}

/** Writes frames the way PUC does. */
export function formatStack(frames: readonly Frame[]): string {
  const lines = frames.map((frame) => {
    const place = frame.line > 0 ? `${frame.source}:${frame.line}` : frame.source;
    return `\n\t${place}: in ${frame.name === '' ? '?' : frame.name}`;
  });
  return `stack traceback:${lines.length > 0 ? lines.join('') : '\n\t[host]'}`;
}

/** The Lua type of errors. */
export const ERROR_TYPE: HostType<LuaError> = defineHostType<LuaError>({
  name: 'error',
  methods: {
    kind: (L) => pushOne(L, errorAt(L, 1).kind),
    message: (L) => pushOne(L, errorAt(L, 1).message),
    retryable(L) {
      const { retryable } = errorAt(L, 1);
      if (retryable === undefined) pushNil(L);
      else pushBoolean(L, retryable);
      return 1;
    },
    details(L) {
      const { details } = errorAt(L, 1);
      if (details === undefined) pushNil(L);
      else pushOwned(L, copyValue(details));
      return 1;
    },
    stack: (L) => pushOne(L, errorAt(L, 1).stack),
  },
  tostring: (error) => error.text,
  concat(L) {
    pushText(L, concatenable(L, 1) + concatenable(L, 2));
    return 1;
  },
  // One error may be pushed by several bindings: it stays one error.
  eq: (a, b) => a === b,
  transfer: (error) => freshHostObject(error, ERROR_TYPE),
  plain: (error) => fromHost(error.message),
});

/** The error object at a stack place, or `undefined`. */
export function tryErrorAt(L: LuaState, index: number): LuaError | undefined {
  const object = toHostObject(L, index);
  return object instanceof LuaError ? object : undefined;
}

/** Pushes an expected failure as an error object, with the stack of the caller. */
export function pushError(L: LuaState, error: HubError | Failure | LuaError): void {
  pushOwned(L, freshHostObject(error instanceof LuaError ? error : toLuaError(error, L), ERROR_TYPE));
}

/**
 * The error object for a failure.
 * @param L takes its stack as the place of origin where the failure brings none.
 */
export function toLuaError(error: HubError | Failure, L?: LuaState): LuaError {
  const kind: string = error.kind;
  const { message, retryable } = error;
  if (error instanceof LuaFailure) {
    const { details, contexts, frames, stack } = error;
    return new LuaError({ kind, message, retryable, details, contexts, frames, stack });
  }
  const details = error.details === undefined ? undefined : fromHost(error.details as HostValue);
  const frames = L ? captureFrames(L) : [];
  if (error instanceof HubError) return new LuaError({ kind, message, retryable, details, frames });
  return new LuaError({ kind, message, retryable, details, frames, contexts: error.contexts ?? [] });
}

/** An error object as a detached value, for code without a stack. */
export function errorValue(error: HubError | Failure | LuaError): LuaValue {
  return freshHostObject(error instanceof LuaError ? error : toLuaError(error), ERROR_TYPE);
}

/** Lua stack of a running or failed thread, innermost first; host functions are left out. */
export function captureFrames(L: LuaState): readonly Frame[] {
  return traceback(L, L)
    .filter((frame) => frame.line > 0)
    .slice(0, STACK_FRAMES_MAX);
}

/** Pushes `{thread=, frames={...}}` of `errors.call_stack`. */
export function pushCallStack(L: LuaState, error: LuaError, thread: string): void {
  newTable(L, 0, 2);
  pushText(L, thread);
  setField(L, -2, 'thread');
  newTable(L, error.frames.length, 0);
  error.frames.forEach((frame, i) => {
    newTable(L, 0, 3);
    pushText(L, frame.source);
    setField(L, -2, 'source');
    pushInteger(L, frame.line);
    setField(L, -2, 'line');
    pushText(L, frame.name);
    setField(L, -2, 'name');
    rawSetIndex(L, -2, i + 1);
  });
  setField(L, -2, 'frames');
}

/** The `Failure` of a Lua program: its details are a Lua value, and it remembers the frames of its origin. */
export class LuaFailure implements Failure {
  readonly kind: string;
  readonly message: string;
  readonly retryable: boolean | undefined;
  readonly details?: LuaValue;
  readonly stack: string;
  readonly contexts: readonly string[];
  readonly frames: readonly Frame[];
  readonly excerpt?: string;
  readonly content?: string;

  /** From an error object that leaves its unit: kind `''` becomes `Internal` (`errors-and-payloads.md` § 4.2). */
  constructor(
    error: LuaError,
    shown: { readonly excerpt?: string | undefined; readonly content?: string | undefined } = {},
  ) {
    if (shown.excerpt !== undefined) this.excerpt = shown.excerpt;
    if (shown.content !== undefined) this.content = shown.content;
    this.kind = error.kind === '' ? ('Internal' satisfies ErrorKind) : error.kind;
    this.message = error.message;
    this.retryable = error.retryable;
    if (error.details !== undefined) this.details = error.details;
    this.contexts = error.contexts;
    this.frames = error.frames;
    this.stack = error.stack;
  }
}

/** Values of the kind constants by constant name (`errors-and-payloads.md` § 2). */
export const ERROR_KINDS = {
  UNKNOWN: '',
  INTERNAL: 'Internal',
  INVALID: 'Invalid',
  CANCELED: 'Canceled',
  NOT_FOUND: 'NotFound',
  CONFLICT: 'Conflict',
  ALREADY_EXISTS: 'AlreadyExists',
  TIMEOUT: 'Timeout',
  PERMISSION_DENIED: 'PermissionDenied',
  RATE_LIMITED: 'RateLimited',
  UNAVAILABLE: 'Unavailable',
} as const satisfies Record<string, ErrorKind>;

/** A kind as programs may write it: constant names become values, other strings stay. */
export function knownKind(text: string): string {
  return Object.hasOwn(ERROR_KINDS, text) ? ERROR_KINDS[text as keyof typeof ERROR_KINDS] : text;
}

/** An operand of `..` beside an error: what text can be joined with, and errors. */
function concatenable(L: LuaState, index: number): string {
  const type = typeOf(L, index);
  if (type === 'string' || type === 'number' || tryErrorAt(L, index) !== undefined)
    return toDisplay(L, index);
  return raise(L, `attempt to concatenate a ${type} value`);
}

function errorAt(L: LuaState, index: number): LuaError {
  return checkHostObject(L, index, ERROR_TYPE);
}

function pushOne(L: LuaState, text: string): number {
  pushText(L, text);
  return 1;
}
