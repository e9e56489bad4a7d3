import type { LuaValue } from '../../lua/index.ts';
import {
  type DurationField,
  type ParsedFields,
  parseRelayFields,
  type RelayFields,
} from '../client/fields.ts';

/** The fields of `X-WS-Relay` and `ws.control` (`relay.md` § 2, § 10). Absent and empty ones are `undefined`. */
export interface WebSocketFields extends RelayFields {
  /** Milliseconds, `0` = off; `'invalid'` when it was given and makes no sense (H17, X3). */
  readonly heartbeatMs: number | 'invalid' | undefined;
}

/** Shortest heartbeat period; shorter ones are raised to it. */
const HEARTBEAT_MS_MIN = 10;

const RESERVED_TOPICS: ReadonlySet<string> = new Set(['ws.join', 'ws.leave', 'ws.heartbeat']);

/** Reads a decoded object. Unknown fields are ignored (H15). */
export function parseWebSocketFields(value: LuaValue): ParsedFields<WebSocketFields> {
  const parsed = parseRelayFields(value, RESERVED_TOPICS);
  if (!parsed.ok) return parsed;
  const { target, messageTopic, heartbeatMs, metadata } = parsed.fields;
  return {
    ok: true,
    fields: {
      target: target || undefined,
      messageTopic: messageTopic || undefined,
      heartbeatMs: toHeartbeatMs(heartbeatMs),
      metadata,
    },
  };
}

function toHeartbeatMs(given: DurationField): number | 'invalid' | undefined {
  if (given === 'default') return undefined;
  if (given === undefined || given === 'invalid' || given === 0) return given;
  return Math.max(HEARTBEAT_MS_MIN, given);
}
