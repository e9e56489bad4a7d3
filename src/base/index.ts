/** What every room may use. Imports nothing of ours. */
export {
  type AccountOptions,
  type ByteAccount,
  ByteBudget,
  type ByteBudgetSnapshot,
  type ByteHolder,
} from './byte-budget.ts';
export { ByteCollector } from './bytes/byte-collector.ts';
export { type Clock, createSystemClock, type Timer } from './clock.ts';
export { formatDurationNs, parseDurationMs, tryParseDurationNs } from './duration.ts';
export { ERROR_CODES, type ErrorCode, type ErrorCodeRow, type ErrorKind } from './error-codes.ts';
export {
  assert,
  describeFailure,
  type Failure,
  HubError,
  type HubErrorOptions,
  toFailure,
} from './errors.ts';
export {
  type EntryId,
  formatPid,
  type NodeIdentity,
  type Pid,
  type PidParts,
  resolveReference,
  toEntryId,
  toPid,
  tryParseEntryId,
  tryParsePid,
} from './ids.ts';
export { isolate, surviveErrors } from './isolate.ts';
export { LimitedLog } from './limited-log.ts';
export * from './limits.ts';
export { type Log, type LogFields, type LogLevel, silentLog } from './log.ts';
export { doAtOnce, type Pieces } from './pieces.ts';
export { printable, shorten } from './printable.ts';
export { Deque, Heap } from './queue.ts';
export { Deadline, type Stoppable } from './stoppable.ts';
