/** The wall around code that others handed in: callbacks, subscribers, releases. */
import type { EventEmitter } from 'node:events';
import type { Log, LogFields } from './log.ts';

/**
 * Calls what others handed in. What it throws, or its promise rejects with, is one line in the log and harms
 * nobody else.
 * @param event the line, e.g. `onReload failed`; `cause` and, for what is no HubError, `stack` are added to `fields`.
 * @returns a promise that never rejects when the call has not ended yet; `undefined` when it has.
 */
export function isolate(
  log: Log,
  event: string,
  fields: LogFields,
  call: () => unknown,
): Promise<void> | undefined {
  const failed = (thrown: unknown): void => log.error(event, { ...fields, ...describe(thrown) });
  try {
    const result = call();
    return result instanceof Promise ? result.then(() => {}, failed) : undefined;
  } catch (thrown) {
    failed(thrown);
    return undefined;
  }
}

/** A HubError says where it comes from; anything else is a bug, and only its stack says whose. */
function describe(thrown: unknown): LogFields {
  if (!(thrown instanceof Error)) return { cause: String(thrown) };
  return 'code' in thrown ? { cause: thrown.message } : { cause: thrown.message, stack: thrown.stack };
}

/** Streams that several hubs of one program share: standard input, output and error. */
const survived = new WeakSet<EventEmitter>();

/**
 * A stream whose other end goes away (a closed pipe) must not take the program with it; what is written then leads
 * nowhere. One listener a stream, however many hubs write to it.
 */
export function surviveErrors(stream: EventEmitter): void {
  if (survived.has(stream)) return;
  survived.add(stream);
  stream.on('error', () => {});
}
