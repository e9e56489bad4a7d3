/**
 * Checks a text while it comes. RFC 6455 8.1 asks to fail a connection when a text is not UTF-8; seeing it at the first
 * wrong byte spares the rest of a message that is refused anyway.
 */
import { isUtf8 } from 'node:buffer';

/** A character that is cut has at most this many bytes. */
const CUT_BYTES_MAX = 3;

/**
 * Looks at the bytes that came since the last look.
 * @param from where the last look ended: the begin of a character
 * @returns where the next look begins: behind the last whole character; `undefined` when no end makes this a text
 */
export function checkText(bytes: Buffer, from: number, to: number): number | undefined {
  const cutAt = findCut(bytes, from, to);
  if (!isUtf8(bytes.subarray(from, cutAt))) return undefined;
  if (cutAt < to && !canBegin(bytes.subarray(cutAt, to))) return undefined;
  return cutAt;
}

/** Where the last character begins when it is not whole, else the end. */
function findCut(bytes: Buffer, from: number, to: number): number {
  for (let at = to - 1; at >= Math.max(from, to - CUT_BYTES_MAX); at--) {
    const byte = bytes[at]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return at + lengthOf(byte) > to ? at : to;
  }
  return to;
}

/** Bytes of a character that begins like this (RFC 3629 § 3). */
function lengthOf(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

/** Whether some end makes a character of it: the smallest and the largest one stand for all. */
function canBegin(cut: Buffer): boolean {
  return [0x80, 0xbf].some((fill) => {
    const whole = Buffer.alloc(lengthOf(cut[0]!), fill);
    whole.set(cut);
    return isUtf8(whole);
  });
}
