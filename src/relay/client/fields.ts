/**
 * The fields a handler puts into a relay header and a process into a control message (`relay.md` § 2, § 10, § 13).
 * One reader for all four, because they mean the same: where client messages go and what goes with them.
 */
import { tryParseDurationNs, tryParsePid } from '../../base/index.ts';
import {
  decodeJson,
  eachEntry,
  encodeJson,
  type LuaValue,
  tableGet,
  toArray,
  toNumber,
  toText,
  valueType,
} from '../../lua/index.ts';
import type { Refusal } from './refusal.ts';

/** Fields both relays know. Absent ones are `undefined`, those given empty `''`: a control message tells them apart (Q8). */
export interface RelayFields {
  /** PID text or a name. */
  readonly target: string | undefined;
  readonly messageTopic: string | undefined;
  readonly heartbeatMs: DurationField;
  /** A table with at least one key, all of them strings. */
  readonly metadata: LuaValue | undefined;
}

/** Milliseconds, `0` = off; `'default'` = given empty; `'invalid'` = no duration (H17, X3); `undefined` = absent. */
export type DurationField = number | 'default' | 'invalid' | undefined;

/** What reading came to. `target` = only the destination is at fault (its own message, `relay.md` § 2). */
export type ParsedFields<Fields> =
  | { readonly ok: true; readonly fields: Fields }
  | { readonly ok: false; readonly fault: 'configuration' | 'target'; readonly cause: string };

const HANDLER = {
  option: 'handler',
  hint: 'correct what it writes into the relay header, a JSON object',
} as const;

/** Reads the value of a relay header, JSON in UTF-8 bytes. */
export function readHeader<Fields extends object>(
  header: Buffer,
  parse: (value: LuaValue) => ParsedFields<Fields>,
): Fields | Refusal {
  let value: LuaValue;
  try {
    value = decodeJson(header.toString('latin1'));
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { status: 400, body: 'invalid relay configuration', cause, repair: HANDLER };
  }
  const parsed = parse(value);
  if (parsed.ok) return parsed.fields;
  const body = parsed.fault === 'target' ? 'invalid target PID' : 'invalid relay configuration';
  return { status: 400, body, cause: parsed.cause, repair: HANDLER };
}

/**
 * Reads a decoded object. Unknown fields are ignored (H15).
 * @param reservedTopics topics with a meaning of their own, which no message may have
 */
export function parseRelayFields(
  value: LuaValue,
  reservedTopics: ReadonlySet<string>,
): ParsedFields<RelayFields> {
  // An empty Lua table is `[]` in JSON, so an empty array is an object without fields (H14).
  if (valueType(value) !== 'table' || isFilledArray(value)) {
    return { ok: false, fault: 'configuration', cause: 'it is not an object' };
  }
  const topic = tableGet(value, 'message_topic');
  if (topic !== undefined && !isTopicAllowed(topic, reservedTopics)) return wrongField('message_topic');
  const metadata = tableGet(value, 'metadata');
  if (metadata !== undefined && !isMetadata(metadata)) return wrongField('metadata');
  const target = tableGet(value, 'target_pid');
  if (target !== undefined && valueType(target) !== 'string') return wrongField('target_pid');
  const destination = toText(target);
  if (destination?.startsWith('{') && tryParsePid(destination) === undefined) {
    return { ok: false, fault: 'target', cause: `'${destination}' is no PID` };
  }
  return {
    ok: true,
    fields: {
      target: destination,
      messageTopic: toText(topic),
      heartbeatMs: parseDurationField(value, 'heartbeat_interval'),
      metadata: metadata !== undefined && hasEntries(metadata) ? metadata : undefined,
    },
  };
}

/** Reads one duration of a decoded object. */
export function parseDurationField(object: LuaValue, key: string): DurationField {
  const given = tableGet(object, key);
  if (given === undefined) return undefined;
  const text = toText(given);
  if (text === undefined) return toNumber(given) === 0 ? 0 : 'invalid';
  if (text === '') return 'default';
  const ns = tryParseDurationNs(text);
  return ns === undefined || ns < 0 ? 'invalid' : ns / 1e6;
}

function wrongField(name: string): ParsedFields<never> {
  return { ok: false, fault: 'configuration', cause: `field '${name}' is malformed` };
}

function isTopicAllowed(topic: LuaValue, reservedTopics: ReadonlySet<string>): boolean {
  const text = toText(topic);
  return text !== undefined && !text.startsWith('@') && !reservedTopics.has(text);
}

/** An object that JSON can carry: programs may read it from either form. */
function isMetadata(value: LuaValue): boolean {
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
function isFilledArray(table: LuaValue): boolean {
  return (toArray(table)?.length ?? 0) > 0;
}

function hasEntries(table: LuaValue): boolean {
  return toArray(table)?.length !== 0;
}
