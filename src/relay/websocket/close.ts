/** Close codes and reasons as they may go over the wire (RFC 6455 § 7.4, `relay.md` T2, S6). */

/** Bytes a reason may have: a control frame holds 125, two are the code (RFC 6455 5.5). */
export const CLOSE_REASON_BYTES_MAX = 123;

/** How a connection ended, as `ws.leave` and EXIT tell it (`relay.md` § 7). */
export interface Ending {
  readonly reason: string;
  /** Absent for a transfer. */
  readonly code: number | undefined;
  /** Abnormal ends fail links and give monitors an error. */
  readonly isAbnormal: boolean;
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
