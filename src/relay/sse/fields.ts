/** The fields of `X-SSE-Relay` and `sse.control` (`relay.md` § 13). */
import { tryParseDurationNs, tryParsePid } from '../../base/index.ts';
import { type LuaValue, tableGet, toNumber, toText, valueType } from '../../lua/index.ts';
import { hasEntries, isFilledArray, isMetadata, type ParsedFields as ParsedRelayFields } from '../fields.ts';

/** Fields that were given; absent ones are `undefined`, empty ones `''` where the difference matters (Q8). */
export interface SseFields {
  /** PID text or a name; `''` = none on purpose (detach). */
  readonly target: string | undefined;
  /** `''` = the default. */
  readonly messageTopic: string | undefined;
  readonly heartbeatMs: SseDuration;
  readonly idleTimeoutMs: SseDuration;
  readonly hardTimeoutMs: SseDuration;
  readonly metadata: LuaValue | undefined;
}

/** Milliseconds, `0` = off; `'default'` = given empty; `'invalid'` = no duration; `undefined` = absent. */
export type SseDuration = number | 'default' | 'invalid' | undefined;

/** What reading came to. */
export type ParsedSseFields =
  | { readonly ok: true; readonly fields: SseFields }
  | Extract<ParsedRelayFields, { ok: false }>;

/** Topics with a meaning of their own (Q1). */
export const SSE_RESERVED_TOPICS: ReadonlySet<string> = new Set([
  'sse.join',
  'sse.leave',
  'sse.heartbeat',
  'sse.control',
  'sse.close',
]);

/** Reads a decoded object. Unknown fields are ignored. */
export function parseSseFields(value: LuaValue): ParsedSseFields {
  if (valueType(value) !== 'table' || isFilledArray(value)) {
    return { ok: false, fault: 'configuration', cause: 'it is not an object' };
  }
  const topic = tableGet(value, 'message_topic');
  if (topic !== undefined && !isTopicAllowed(topic)) return wrongField('message_topic');
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
      heartbeatMs: parseDuration(tableGet(value, 'heartbeat_interval')),
      idleTimeoutMs: parseDuration(tableGet(value, 'idle_timeout')),
      hardTimeoutMs: parseDuration(tableGet(value, 'hard_timeout')),
      metadata: metadata !== undefined && hasEntries(metadata) ? metadata : undefined,
    },
  };
}

function wrongField(name: string): ParsedSseFields {
  return { ok: false, fault: 'configuration', cause: `field '${name}' is malformed` };
}

function isTopicAllowed(topic: LuaValue): boolean {
  const text = toText(topic);
  return text !== undefined && !text.startsWith('@') && !SSE_RESERVED_TOPICS.has(text);
}

function parseDuration(given: LuaValue | undefined): SseDuration {
  if (given === undefined) return undefined;
  const text = toText(given);
  if (text === undefined) return toNumber(given) === 0 ? 0 : 'invalid';
  if (text === '') return 'default';
  const ns = tryParseDurationNs(text);
  return ns === undefined || ns < 0 ? 'invalid' : ns / 1e6;
}
