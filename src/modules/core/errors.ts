/** The `errors` module (`errors-and-payloads.md` § 2). */

import {
  COST,
  captureFrames,
  copyArgument,
  defineModule,
  ERROR_KINDS,
  knownKind,
  LuaError,
  type LuaModule,
  pushCallStack,
  pushError,
  raising,
  tryErrorAt,
  unitOf,
} from '../../lua/index.ts';
import {
  argumentError,
  checkText,
  getField,
  type LuaState,
  type LuaValue,
  next,
  pop,
  pushBoolean,
  pushNil,
  spend,
  toBoolean,
  toText,
  typeError,
  typeOf,
} from '../../vm/index.ts';

/** Global and `require("errors")`. */
export const errorsModule: LuaModule = defineModule({
  name: 'errors',
  isGlobal: true,
  constants: ERROR_KINDS,
  functions: {
    new(L) {
      if (typeOf(L, 1) === 'table') return pushNew(L, readFields(L));
      if (typeOf(L, 1) !== 'string') typeError(L, 1, 'string or table');
      const first = toText(L, 1)!;
      if (typeOf(L, 2) === 'string' && isKind(first)) {
        return pushNew(L, { kind: knownKind(first), message: toText(L, 2)! });
      }
      return pushNew(L, { kind: '', message: first });
    },
    wrap(L) {
      if (typeOf(L, 1) === 'nil') {
        pushNil(L);
        return 1;
      }
      const context = checkText(L, 2);
      const error = tryErrorAt(L, 1);
      if (error === undefined) return pushNew(L, { kind: '', message: checkText(L, 1), contexts: [context] });
      const { kind, message, retryable, details, contexts, frames, stack } = error;
      spend(L, COST.errorContext * contexts.length);
      const wrapped = { kind, message, retryable, details, frames, stack, contexts: [...contexts, context] };
      pushError(L, new LuaError(wrapped));
      return 1;
    },
    is(L) {
      const error = tryErrorAt(L, 1);
      const kind = typeOf(L, 2) === 'string' ? toText(L, 2) : undefined;
      pushBoolean(L, error !== undefined && error.kind === kind);
      return 1;
    },
    call_stack(L) {
      const error = tryErrorAt(L, 1);
      if (error === undefined) pushNil(L);
      else pushCallStack(L, error, unitOf(L).context.pid);
      return 1;
    },
  },
});

interface Fields {
  readonly kind: string;
  readonly message: string;
  readonly retryable?: boolean | undefined;
  readonly details?: LuaValue | undefined;
  readonly contexts?: readonly string[];
}

function pushNew(L: LuaState, fields: Fields): number {
  pushError(L, new LuaError({ ...fields, frames: captureFrames(L) }));
  return 1;
}

function isKind(text: string): boolean {
  return Object.hasOwn(ERROR_KINDS, text) || Object.values<string>(ERROR_KINDS).includes(text);
}

/** Reads `{message=, kind=, retryable=, details=}` at 1. */
function readFields(L: LuaState): Fields {
  const message = readField(L, 'message', ['string'], () => toText(L, -1)!);
  if (message === undefined) return argumentError(L, 1, "field 'message': string expected, got nil");
  return {
    message,
    kind: knownKind(readField(L, 'kind', ['string'], () => toText(L, -1)!) ?? ''),
    retryable: readField(L, 'retryable', ['boolean'], () => toBoolean(L, -1)),
    details: readField(L, 'details', ['table'], () => copyDetails(L)),
  };
}

function readField<T>(L: LuaState, name: string, types: readonly string[], read: () => T): T | undefined {
  getField(L, 1, name);
  const type = typeOf(L, -1);
  if (type !== 'nil' && !types.includes(type)) {
    argumentError(L, 1, `field '${name}': ${types[0]} expected, got ${type}`);
  }
  const value = type === 'nil' ? undefined : read();
  pop(L, 1);
  return value;
}

/** Copies the table on top; an empty one is none (`errors-and-payloads.md` § 2.2). */
function copyDetails(L: LuaState): LuaValue | undefined {
  pushNil(L);
  if (!next(L, -2)) return undefined;
  pop(L, 2);
  return raising(L, () => copyArgument(L, -1, 1));
}
