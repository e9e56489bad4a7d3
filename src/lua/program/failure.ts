/** How a unit's end becomes an outcome (`errors-and-payloads.md` § 4, `process.md` § 13). */
import { type Failure, HubError, toFailure } from '../../base/index.ts';
import type { Outcome } from '../../process/index.ts';
import {
  type LuaState,
  type LuaValue,
  metaFieldOf,
  newUnitThread,
  pushOwned,
  toBinary,
  toHostObject,
  toText,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import { unitOf } from '../coroutine/context.ts';
import { copyArgument } from '../message/payload.ts';
import { captureFrames, knownKind, LuaError, LuaFailure } from '../value/error-object.ts';
import { showValue } from '../value/shown-value.ts';
import { copyValue, tableGet, toBoolean, toText as valueToText, valueType } from '../value/values.ts';
import { codeExcerpt } from './code-place.ts';

/**
 * The outcome of a main function that returned.
 * @param L its results are at 1..count.
 */
export function outcomeOfMain(L: LuaState, count: number): Outcome {
  if (count >= 2) {
    const failure = returnedFailure(L, 2);
    if (failure !== undefined) return { ok: false, failure, returned: true };
  }
  if (count === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: copyArgument(L, 1, 1) };
  } catch (thrown) {
    return { ok: false, failure: toFailure(thrown) };
  }
}

/** The failure a second return value says, or `undefined` when it says none. */
function returnedFailure(L: LuaState, index: number): Failure | undefined {
  if (typeOf(L, index) === 'string') {
    return new LuaFailure(new LuaError({ kind: '', message: toText(L, index)!, retryable: false }));
  }
  const object = toHostObject(L, index);
  return object instanceof LuaError ? failureOf(object) : undefined;
}

/** The failure an error object says. */
function failureOf(error: LuaError): LuaFailure {
  return new LuaFailure(error, {
    content: error.details === undefined ? undefined : showValue(error.details),
  });
}

/**
 * The failure of a coroutine that raised.
 * @param L the dead thread, the raised value on top.
 */
export function raisedFailure(L: LuaState): Failure {
  const object = toHostObject(L, -1);
  if (object instanceof LuaError) return failureOf(object);
  const frames = captureFrames(L);
  switch (typeOf(L, -1)) {
    case 'string':
    case 'number': {
      const message = toText(L, -1)!;
      return new LuaFailure(new LuaError({ kind: '', message, frames }), { excerpt: excerptOf(L, message) });
    }
    case 'nil':
    case 'none':
      return new LuaFailure(new LuaError({ kind: '', message: 'nil', frames }));
    case 'table':
      return tableFailure(L, frames);
    default:
      return new LuaFailure(
        new LuaError({ kind: '', message: `error object is a ${typeOf(L, -1)} value`, frames }),
      );
  }
}

/** The failure of a coroutine that used up its budget: it says where it was then. */
export function budgetExceeded(L: LuaState): Failure {
  const frames = captureFrames(L);
  const place = frames[0] === undefined ? '' : `${frames[0].source}:${frames[0].line}: `;
  const message = `${place}instruction budget exceeded: the program ran too long without waiting`;
  return new LuaFailure(new LuaError({ kind: '', message, frames }), { excerpt: excerptOf(L, message) });
}

/** Where it happened, for logs. The unit's own code is shown as it ran, also when its entry has changed since. */
function excerptOf(L: LuaState, message: string): string | undefined {
  const { entry, runtime } = unitOf(L);
  return codeExcerpt(message, (id) => (id === entry.id ? entry : runtime.registry().get(id)));
}

/** Of `error{message=, kind=, ...}`, or of any other table. */
function tableFailure(L: LuaState, frames: LuaError['frames']): LuaFailure {
  const table = valueAt(L, -1);
  const message = valueToText(tableGet(table, 'message'));
  if (message === undefined) {
    const text = displayText(L, table);
    const error = new LuaError({
      kind: '',
      message: text ?? 'error object is a table value',
      details: copied(table),
      frames,
    });
    return new LuaFailure(error, { content: text === undefined ? showValue(table) : undefined });
  }
  const details = tableGet(table, 'details');
  const error = new LuaError({
    kind: knownKind(valueToText(tableGet(table, 'kind')) ?? ''),
    message,
    retryable: toBoolean(tableGet(table, 'retryable')),
    details: details !== undefined && valueType(details) === 'table' ? copied(details) : undefined,
    frames,
  });
  return new LuaFailure(error, { content: showValue(table, (key) => !SAID.has(key)) });
}

/** Fields of an error table that a log line has anyway. */
const SAID: ReadonlySet<string> = new Set(['message', 'kind', 'retryable']);

/** A copy, or nothing when the value cannot be copied. */
function copied(value: LuaValue): LuaValue | undefined {
  try {
    return copyValue(value);
  } catch (thrown) {
    if (thrown instanceof HubError) return undefined;
    throw thrown;
  }
}

/** What the table's own `__tostring` says; it runs on a thread of its own, for one slice, and cannot wait. */
function displayText(L: LuaState, table: LuaValue): string | undefined {
  const convert = metaFieldOf(table, '__tostring');
  if (convert === undefined || valueType(convert) !== 'function') return undefined;
  const unit = unitOf(L);
  const thread = newUnitThread(unit.runtime.machine, unit);
  pushOwned(thread, convert);
  pushOwned(thread, table);
  const { isLoading, mayHold } = unit;
  unit.isLoading = true;
  unit.mayHold = false;
  try {
    if (unit.resumeThread(thread, 1) !== 'done' || toBinary(thread, -1) === undefined) return undefined;
    return toText(thread, -1);
  } finally {
    unit.isLoading = isLoading;
    unit.mayHold = mayHold;
  }
}
