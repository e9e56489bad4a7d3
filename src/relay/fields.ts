/**
 * The fields a handler puts into `X-WS-Relay` and a process into `ws.control` (`relay.md` § 2, § 10).
 * One reader for both, because both mean the same: where client messages go and what goes with them.
 */
import { tryParseDurationNs, tryParsePid } from '../base/index.ts';
import {
  eachEntry,
  encodeJson,
  type LuaValue,
  tableGet,
  toArray,
  toNumber,
  toText,
  valueType,
} from '../lua/index.ts';

/** Fields that were given; absent ones are `undefined`. */
export interface RelayFields {
  /** PID text or a name, not empty. */
  readonly target: string | undefined;
  readonly messageTopic: string | undefined;
  /** Milliseconds, `0` = off; `'invalid'` when it was given and makes no sense (H17, X3). */
  readonly heartbeatMs: number | 'invalid' | undefined;
  /** A table with at least one key, all of them strings. */
  readonly metadata: LuaValue | undefined;
}

/** What reading came to. `target` = only the destination is at fault (its own message, `relay.md` § 2). */
export type ParsedFields =
  | { readonly ok: true; readonly fields: RelayFields }
  | { readonly ok: false; readonly fault: 'configuration' | 'target'; readonly cause: string };

/** Shortest heartbeat period; shorter ones are raised to it. */
const HEARTBEAT_MS_MIN = 10;

const RESERVED_TOPICS: ReadonlySet<string> = new Set(['ws.join', 'ws.leave', 'ws.heartbeat']);

/** Reads a decoded object. Unknown fields are ignored (H15). */
export function parseRelayFields(value: LuaValue): ParsedFields {
  // An empty Lua table is `[]` in JSON, so an empty array is an object without fields (H14).
  if (valueType(value) !== 'table' || isFilledArray(value)) {
    return { ok: false, fault: 'configuration', cause: 'it is not an object' };
  }
  const topic = tableGet(value, 'message_topic');
  if (topic !== undefined && !isTopicAllowed(topic)) return wrongField('message_topic');
  const metadata = tableGet(value, 'metadata');
  if (metadata !== undefined && !isMetadata(metadata)) return wrongField('metadata');
  const target = tableGet(value, 'target_pid');
  if (target !== undefined && valueType(target) !== 'string') return wrongField('target_pid');
  const destination = toText(target) || undefined;
  if (destination?.startsWith('{') && tryParsePid(destination) === undefined) {
    return { ok: false, fault: 'target', cause: `'${destination}' is no PID` };
  }
  return {
    ok: true,
    fields: {
      target: destination,
      messageTopic: toText(topic) || undefined,
      heartbeatMs: parseHeartbeat(tableGet(value, 'heartbeat_interval')),
      metadata: metadata !== undefined && hasEntries(metadata) ? metadata : undefined,
    },
  };
}

function wrongField(name: string): ParsedFields {
  return { ok: false, fault: 'configuration', cause: `field '${name}' is malformed` };
}

function isTopicAllowed(topic: LuaValue): boolean {
  const text = toText(topic);
  return text !== undefined && !text.startsWith('@') && !RESERVED_TOPICS.has(text);
}

function parseHeartbeat(given: LuaValue | undefined): number | 'invalid' | undefined {
  if (given === undefined) return undefined;
  const text = toText(given);
  if (text === undefined) return toNumber(given) === 0 ? 0 : 'invalid';
  if (text === '') return undefined;
  const ns = tryParseDurationNs(text);
  if (ns === undefined || ns < 0) return 'invalid';
  return ns === 0 ? 0 : Math.max(HEARTBEAT_MS_MIN, ns / 1e6);
}

/** An object that JSON can carry: programs may read it from either form. */
export function isMetadata(value: LuaValue): boolean {
  if (valueType(value) !== 'table') return false;
  let hasOnlyTextKeys = true;
  eachEntry(value, (key) => {
    if (valueType(key) !== 'string') hasOnlyTextKeys = false;
  });
  if (!hasOnlyTextKeys) return false;
  try {
    encodeJson(value);
    return true;
  } catch {
    return false;
  }
}

/** A table that JSON would write as a non-empty array. */
export function isFilledArray(table: LuaValue): boolean {
  return (toArray(table)?.length ?? 0) > 0;
}

/** Whether a table holds anything. */
export function hasEntries(table: LuaValue): boolean {
  return toArray(table)?.length !== 0;
}
