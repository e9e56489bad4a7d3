/** Close codes and reasons: as they may go over the wire, and as programs ask for them (RFC 6455 § 7.4, `relay.md` T2, S6). */
import {
  displayOf,
  type LuaValue,
  tableGetBinary,
  toBinary,
  toNumber,
  toText,
  valueType,
} from '../../lua/index.ts';
import { tryDecodeObject, tryUnwrap, UnsendableMessage } from '../client/outbound.ts';

/** Bytes a reason may have: a control frame holds 125, two are the code (RFC 6455 5.5). */
export const CLOSE_REASON_BYTES_MAX = 123;

/** A wish to close (`ws.close`). */
export interface CloseRequest {
  /** Allowed on the wire. */
  readonly code: number;
  /** For the close frame. */
  readonly reason: string;
  /** What was wrong with the request; it closes all the same (S6). */
  readonly fault: string | undefined;
}

/** Whether a program may close with this code (S6). */
export function isCloseCodeAllowed(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/** The longest prefix of `reason` that fits a close frame and ends at a character boundary. */
export function cutReason(reason: string): Buffer {
  const bytes = Buffer.from(reason, 'utf8');
  if (bytes.length <= CLOSE_REASON_BYTES_MAX) return bytes;
  let end = CLOSE_REASON_BYTES_MAX;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/** A `ws.close` payload; `undefined` = none was given. */
export function parseCloseRequest(payload: LuaValue | undefined): CloseRequest {
  const value = payload === undefined ? undefined : tryUnwrap(payload);
  if (value instanceof UnsendableMessage) return { code: 1011, reason: '', fault: value.cause };
  const type = value === undefined ? 'nil' : valueType(value);
  if (type === 'nil') return { code: 1000, reason: 'Connection closed by server', fault: undefined };
  if (type === 'table') return fromCloseTable(value!);
  if (type !== 'string')
    return { code: 1011, reason: '', fault: `ws.close takes a table or a string, got ${type}` };
  const decoded = tryDecodeObject(toBinary(value)!);
  if (decoded !== undefined && (has(decoded, 'code') || has(decoded, 'reason')))
    return fromCloseTable(decoded);
  return { code: 1000, reason: toText(value)!, fault: undefined };
}

function has(table: LuaValue, key: string): boolean {
  return tableGetBinary(table, key) !== undefined;
}

function fromCloseTable(table: LuaValue): CloseRequest {
  const given = tableGetBinary(table, 'code');
  const reasonValue = tableGetBinary(table, 'reason');
  const reasonType = reasonValue === undefined ? 'nil' : valueType(reasonValue);
  const reason =
    reasonType === 'string' ? toText(reasonValue)! : reasonType === 'number' ? displayOf(reasonValue!) : '';
  if (given === undefined) return { code: 1000, reason, fault: undefined };
  const text = toText(given);
  const code = text === undefined ? toNumber(given) : /^\d+$/.test(text) ? Number(text) : undefined;
  if (code !== undefined && isCloseCodeAllowed(code)) return { code, reason, fault: undefined };
  return { code: 1011, reason, fault: `close code is not allowed: ${text ?? code ?? valueType(given)}` };
}
