import type { LuaValue } from '../../lua/index.ts';
import {
  type DurationField,
  type ParsedFields,
  parseDurationField,
  parseRelayFields,
  type RelayFields,
} from '../client/fields.ts';

/** The fields of `X-SSE-Relay` and `sse.control` (`relay.md` § 13). An empty target detaches on purpose (Q8). */
export interface SseFields extends RelayFields {
  readonly idleTimeoutMs: DurationField;
  readonly hardTimeoutMs: DurationField;
}

/** Topics with a meaning of their own (Q1). */
export const SSE_RESERVED_TOPICS: ReadonlySet<string> = new Set([
  'sse.join',
  'sse.leave',
  'sse.heartbeat',
  'sse.control',
  'sse.close',
]);

/** Reads a decoded object. Unknown fields are ignored. */
export function parseSseFields(value: LuaValue): ParsedFields<SseFields> {
  const parsed = parseRelayFields(value, SSE_RESERVED_TOPICS);
  if (!parsed.ok) return parsed;
  return {
    ok: true,
    fields: {
      ...parsed.fields,
      idleTimeoutMs: parseDurationField(value, 'idle_timeout'),
      hardTimeoutMs: parseDurationField(value, 'hard_timeout'),
    },
  };
}
