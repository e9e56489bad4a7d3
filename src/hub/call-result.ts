/** From what a process came to, in values of the machine, to plain data for programs that embed a hub. */
import { isUtf8 } from 'node:buffer';
import { type Failure, toFailure } from '../base/index.ts';
import {
  fromHost,
  type HostValue,
  LuaFailure,
  type LuaValue,
  toBytes,
  toHost,
  unwrapPayload,
} from '../lua/index.ts';
import type { Outcome, ProcessSystem } from '../process/index.ts';
import type { CallResult } from './extension.ts';

/**
 * Calls a function for a program outside.
 * @param args copied.
 * @throws HubError when there is no such function or its code cannot be loaded
 */
export function callFunction(
  system: ProcessSystem,
  entryId: string,
  args: readonly HostValue[] = [],
): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    try {
      system.call({ entryId, args: args.map(fromHost) }, (outcome) => {
        if (!outcome.ok && outcome.loadError !== undefined) reject(outcome.loadError);
        else resolve(toCallResult(outcome));
      });
    } catch (error) {
      reject(error);
    }
  });
}

/**
 * The result of a call: strings as text, tables as arrays and objects, a payload as what it holds. A result that is a
 * string of bytes that are no UTF-8 stays bytes. What is no plain data - a table that contains itself - makes it a
 * failure that says so.
 */
export function toCallResult(outcome: Outcome): CallResult {
  if (!outcome.ok) return { ok: false, failure: toPlainFailure(outcome.failure) };
  if (outcome.value === undefined) return { ok: true, value: undefined };
  try {
    return { ok: true, value: toPlain(unwrapPayload(outcome.value as LuaValue)) };
  } catch (thrown) {
    return { ok: false, failure: toFailure(thrown) };
  }
}

function toPlain(value: LuaValue): HostValue {
  const bytes = toBytes(value);
  return bytes === undefined || isUtf8(bytes) ? toHost(value) : bytes;
}

/** The same failure with plain details; details that are no plain data are left out. */
function toPlainFailure(failure: Failure): Failure {
  if (!(failure instanceof LuaFailure)) return failure;
  const { kind, message, content, retryable, details, stack, excerpt, contexts } = failure;
  const plain = {
    kind,
    message,
    retryable,
    stack,
    contexts,
    ...(content === undefined ? {} : { content }),
    ...(excerpt === undefined ? {} : { excerpt }),
  };
  if (details === undefined) return plain;
  try {
    return { ...plain, details: toHost(details) };
  } catch {
    return plain;
  }
}
