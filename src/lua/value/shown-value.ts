/**
 * A Lua value as one line for people who read logs: `{code = 42, tags = {"a", "b"}}`. Nothing of the program runs for
 * it, and it is bounded in depth, entries and length, whatever the value is.
 */
import { isUtf8 } from 'node:buffer';
import { printable, shorten } from '../../base/index.ts';
import {
  binaryOf,
  hostObjectOf,
  identityOf,
  type LuaValue,
  tableEntries,
  valueType,
} from '../../vm/index.ts';
import { LuaError } from './error-object.ts';
import { displayOf } from './values.ts';

/** Tables inside tables beyond this are `{...}`. */
const DEPTH_MAX = 4;
/** Entries of one table beyond this are `...`. */
const ENTRIES_MAX = 20;
/** Characters of one string. */
const STRING_LENGTH_MAX = 100;
/** Characters of the whole; what is begun is ended. */
const LENGTH_MAX = 1000;

/**
 * Writes a value.
 * @param isShown which keys of the table itself are shown. Default: all.
 * @returns `undefined` when nothing is left to show.
 */
export function showValue(
  value: LuaValue,
  isShown: (key: string) => boolean = () => true,
): string | undefined {
  const writer = new Writer();
  writer.write(value, isShown);
  return writer.text === '{}' ? undefined : writer.text;
}

class Writer {
  text = '';
  readonly #open: unknown[] = [];

  write(value: LuaValue, isShown: (key: string) => boolean): void {
    if (valueType(value) !== 'table') this.text += showScalar(value);
    else if (this.#open.length >= DEPTH_MAX || this.#open.includes(identityOf(value))) this.text += '{...}';
    else {
      this.#open.push(identityOf(value));
      this.#writeEntries(value, isShown);
      this.#open.pop();
    }
  }

  #writeEntries(table: LuaValue, isShown: (key: string) => boolean): void {
    this.text += '{';
    let count = 0;
    let position = 1;
    for (const [key, value] of tableEntries(table)) {
      const name = displayOf(key);
      const isString = valueType(key) === 'string';
      if (isString && !isShown(name)) continue;
      if (count > 0) this.text += ', ';
      if (count++ >= ENTRIES_MAX || this.text.length >= LENGTH_MAX) {
        this.text += '...';
        break;
      }
      if (valueType(key) === 'number' && name === String(position)) position++;
      else if (isString && /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(name)) this.text += `${name} = `;
      else this.text += `[${valueType(key) === 'table' ? 'table' : showScalar(key)}] = `;
      this.write(value, () => true);
    }
    this.text += '}';
  }
}

/** Strings in quotes; bytes that are no text as `\xff`. */
function showScalar(value: LuaValue): string {
  if (valueType(value) !== 'string') {
    const object = hostObjectOf(value);
    return object instanceof LuaError ? `error ${JSON.stringify(shorten(object.text))}` : displayOf(value);
  }
  const binary = binaryOf(value)!;
  const isCut = binary.length > STRING_BYTES_MAX;
  const all = Buffer.from(binary.slice(0, STRING_BYTES_MAX), 'latin1');
  const bytes = isCut ? all.subarray(0, lastCharacter(all)) : all;
  const text = isUtf8(bytes)
    ? bytes.toString('utf8')
    : bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  const shown = [...text].slice(0, STRING_LENGTH_MAX).join('');
  return `${printable(JSON.stringify(shown))}${isCut || shown.length < text.length ? '...' : ''}`;
}

/** Bytes of a string that are looked at: as many characters of UTF-8 have at most. */
const STRING_BYTES_MAX = 4 * STRING_LENGTH_MAX;

/** Where the last character begins of bytes that may end inside it. */
function lastCharacter(bytes: Uint8Array): number {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}
