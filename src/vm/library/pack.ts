/** The format strings of `string.pack`, `string.unpack` and `string.packsize`. */

import { argumentError } from '../loop/check.ts';
import { raise } from '../loop/stack.ts';
import type { LuaState } from '../value/api.ts';

/** What one option of a format moves. */
export type PackKind = 'int' | 'uint' | 'float' | 'char' | 'string' | 'zero' | 'padding' | 'align' | 'none';

/** One option, with the alignment padding before it. */
export interface PackOption {
  readonly kind: PackKind;
  /** Bytes of the value; of the length for 'string'. */
  readonly size: number;
  /** Bytes of alignment before it. */
  readonly padding: number;
}

/** Largest integer size (MAXINTSIZE). */
const INTEGER_BYTES_MAX = 16;
/** Alignment of the platform's largest basic type, as `!` means it. */
const NATIVE_ALIGNMENT = 8;
/** Largest size a format may name; further digits are no part of the number. */
const SIZE_MAX = Number.MAX_SAFE_INTEGER;

/** Reads a format option by option. */
export class PackReader {
  isLittle = true;
  readonly #L: LuaState;
  readonly #format: string;
  #at = 0;
  #maxAlign = 1;

  constructor(L: LuaState, format: string) {
    this.#L = L;
    this.#format = format;
  }

  /** Is there more to read? */
  get hasMore(): boolean {
    return this.#at < this.#format.length;
  }

  /** Reads one option; `total` bytes come before it, which decides its alignment. */
  next(total: number): PackOption {
    const option = this.#option();
    let alignment = option.size;
    if (option.kind === 'align') {
      const following = this.hasMore ? this.#option() : undefined;
      alignment = following === undefined || following.kind === 'char' ? 0 : following.size;
      if (alignment === 0) argumentError(this.#L, 1, "invalid next option for option 'X'");
    }
    const isAligned = option.kind === 'int' || option.kind === 'uint' || option.kind === 'float';
    if (alignment <= 1 || !(isAligned || option.kind === 'align' || option.kind === 'string'))
      return { kind: option.kind, size: option.kind === 'align' ? 0 : option.size, padding: 0 };
    const bound = Math.min(alignment, this.#maxAlign);
    if ((bound & (bound - 1)) !== 0) argumentError(this.#L, 1, 'format asks for alignment not power of 2');
    const padding = (bound - (total & (bound - 1))) & (bound - 1);
    return { kind: option.kind, size: option.kind === 'align' ? 0 : option.size, padding };
  }

  #option(): { kind: PackKind; size: number } {
    const letter = this.#format[this.#at++]!;
    switch (letter) {
      case 'b':
        return { kind: 'int', size: 1 };
      case 'B':
        return { kind: 'uint', size: 1 };
      case 'h':
        return { kind: 'int', size: 2 };
      case 'H':
        return { kind: 'uint', size: 2 };
      case 'l':
      case 'j':
        return { kind: 'int', size: 8 };
      case 'L':
      case 'J':
      case 'T':
        return { kind: 'uint', size: 8 };
      case 'i':
        return { kind: 'int', size: this.#limited(4) };
      case 'I':
        return { kind: 'uint', size: this.#limited(4) };
      case 's':
        return { kind: 'string', size: this.#limited(8) };
      case 'f':
        return { kind: 'float', size: 4 };
      case 'd':
      case 'n':
        return { kind: 'float', size: 8 };
      case 'c': {
        const size = this.#number(-1);
        if (size === -1) raise(this.#L, "missing size for format option 'c'");
        return { kind: 'char', size };
      }
      case 'z':
        return { kind: 'zero', size: 0 };
      case 'x':
        return { kind: 'padding', size: 1 };
      case 'X':
        return { kind: 'align', size: 0 };
      case ' ':
        break;
      case '<':
      case '=':
        this.isLittle = true;
        break;
      case '>':
        this.isLittle = false;
        break;
      case '!':
        this.#maxAlign = this.#limited(NATIVE_ALIGNMENT);
        break;
      default:
        raise(this.#L, `invalid format option '${letter}'`);
    }
    return { kind: 'none', size: 0 };
  }

  #number(fallback: number): number {
    let value: number | undefined;
    for (;;) {
      const code = this.#format.charCodeAt(this.#at);
      if (!(code >= 48 && code <= 57) || (value ?? 0) > (SIZE_MAX - 9) / 10) return value ?? fallback;
      value = (value ?? 0) * 10 + code - 48;
      this.#at++;
    }
  }

  #limited(fallback: number): number {
    const size = this.#number(fallback);
    if (size > INTEGER_BYTES_MAX || size <= 0)
      raise(this.#L, `integral size (${size}) out of limits [1,${INTEGER_BYTES_MAX}]`);
    return size;
  }
}

/** Writes the low `size` bytes of an integer, sign-extended. */
export function packInteger(value: number | bigint, size: number, isLittle: boolean): string {
  const bytes: number[] = [];
  if (typeof value === 'number' && size <= 4) {
    for (let i = 0, rest = value; i < size; i++, rest = Math.floor(rest / 256)) bytes.push(rest & 255);
  } else {
    let rest = BigInt(value);
    for (let i = 0; i < size; i++, rest >>= 8n) bytes.push(Number(rest & 255n));
  }
  if (!isLittle) bytes.reverse();
  return String.fromCharCode(...bytes);
}

/** Reads an integer; more than 8 bytes must be sign or zero extension. @returns `undefined` when they are not. */
export function unpackInteger(
  data: string,
  at: number,
  size: number,
  options: { isLittle: boolean; isSigned: boolean },
): bigint | undefined {
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const place = options.isLittle ? at + size - 1 - i : at + i;
    value = (value << 8n) | BigInt(data.charCodeAt(place));
  }
  if (size <= 8) return options.isSigned ? BigInt.asIntN(size * 8, value) : value;
  const low = BigInt.asUintN(64, value);
  const isNegative = options.isSigned && low >> 63n === 1n;
  const extension = isNegative ? (1n << BigInt((size - 8) * 8)) - 1n : 0n;
  return value >> 64n === extension ? low : undefined;
}

const view = new DataView(new ArrayBuffer(8));

/** Writes a float of 4 or 8 bytes. The NaN of an invalid operation carries its sign bit on x86. */
export function packFloat(
  value: number,
  { size, isLittle, isPositiveNan }: { size: number; isLittle: boolean; isPositiveNan: boolean },
): string {
  if (size === 4) view.setFloat32(0, value, isLittle);
  else view.setFloat64(0, value, isLittle);
  if (Number.isNaN(value)) view.setUint8(isLittle ? size - 1 : 0, isPositiveNan ? 0x7f : 0xff);
  let text = '';
  for (let i = 0; i < size; i++) text += String.fromCharCode(view.getUint8(i));
  return text;
}

/** Reads a float of 4 or 8 bytes. */
export function unpackFloat(data: string, at: number, size: number, isLittle: boolean): number {
  for (let i = 0; i < size; i++) view.setUint8(i, data.charCodeAt(at + i));
  return size === 4 ? view.getFloat32(0, isLittle) : view.getFloat64(0, isLittle);
}
