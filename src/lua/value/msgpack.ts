/**
 * MessagePack, written for anybody and read from strangers. The decoder reserves room for as many items as a header claims: five bytes
 * can claim four billion. So the headers are walked first, and only bytes that are all there are decoded.
 */
import { decode, encode } from '@msgpack/msgpack';
import { JSON_VALUES_MAX, VALUE_DEPTH_MAX } from '../../base/index.ts';
import { charge } from '../../vm/index.ts';

/** What a byte costs, in instructions, either way. */
const BYTE_COST = 3;

/**
 * The value bytes stand for; 64-bit integers as `bigint`.
 * @throws Error when they are no MessagePack, are cut short, nest deeper than `VALUE_DEPTH_MAX`, or hold more than
 * `JSON_VALUES_MAX` values.
 */
export function decodeMsgpack(bytes: Uint8Array): unknown {
  charge(bytes.length * BYTE_COST);
  checkHeaders(bytes);
  return decode(bytes, { useBigInt64: true });
}

/** The bytes of a value; `bigint` is an integer of 64 bits. */
export function encodeMsgpack(value: unknown): Uint8Array {
  const bytes = encode(value, { useBigInt64: true });
  charge(bytes.length * BYTE_COST);
  return bytes;
}

function checkHeaders(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Items still to come of each open container, outermost first. */
  const open: number[] = [];
  let at = 0;
  let left = JSON_VALUES_MAX;
  const lengthAt = (width: number): number => {
    if (at + 1 + width > bytes.length) throw new Error('it is cut short');
    if (width === 1) return view.getUint8(at + 1);
    return width === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
  };
  do {
    if (at >= bytes.length) throw new Error('it is cut short');
    if (--left < 0) throw new Error(`it holds more than ${JSON_VALUES_MAX} values`);
    const { size, items } = readHeader(bytes[at]!, lengthAt);
    at += size;
    // Every item takes a byte at least.
    if (at + items > bytes.length) throw new Error('it is cut short');
    if (open.length > 0) open[open.length - 1]!--;
    if (items > 0) {
      if (open.length >= VALUE_DEPTH_MAX) throw new Error(`it nests deeper than ${VALUE_DEPTH_MAX}`);
      open.push(items);
    }
    while (open.at(-1) === 0) open.pop();
  } while (open.length > 0);
}

/** Bytes of a value without the values in it, and how many of those follow. */
function readHeader(head: number, lengthAt: (width: number) => number): { size: number; items: number } {
  if (head < 0x80 || head >= 0xe0) return { size: 1, items: 0 }; // small integers
  if (head < 0x90) return { size: 1, items: (head & 15) * 2 }; // small maps
  if (head < 0xa0) return { size: 1, items: head & 15 }; // small arrays
  if (head < 0xc0) return { size: 1 + (head & 31), items: 0 }; // short strings
  const width = 2 ** ((head - 0xc4) % 3);
  if (head < 0xc4) return { size: 1, items: 0 }; // nil, booleans
  if (head < 0xc7) return { size: 1 + width + lengthAt(width), items: 0 }; // binary
  if (head < 0xca) return { size: 2 + width + lengthAt(width), items: 0 }; // extensions
  if (head === 0xca) return { size: 5, items: 0 }; // float
  if (head === 0xcb) return { size: 9, items: 0 }; // double
  if (head < 0xd4) return { size: 1 + 2 ** (head & 3), items: 0 }; // integers: cc..cf, d0..d3
  if (head < 0xd9) return { size: 2 + 2 ** (head - 0xd4), items: 0 }; // extensions of fixed size
  if (head < 0xdc) return { size: 1 + 2 ** (head - 0xd9) + lengthAt(2 ** (head - 0xd9)), items: 0 }; // strings
  const count = lengthAt(head & 1 ? 4 : 2); // dc, dd: arrays; de, df: maps
  return { size: head & 1 ? 5 : 3, items: head < 0xde ? count : count * 2 };
}
