/**
 * Lua value -> YAML text (`modules.md` § 14): block style, indent 2, keys sorted, so that equal tables give equal text. The
 * layout is ours, because it is written in pieces; how a scalar that is not a plain word is written the package knows.
 */
import { stringify } from 'yaml';
import { HubError, type Pieces, YAML_DEPTH_MAX, YAML_ENCODED_LENGTH_MAX } from '../../base/index.ts';
import {
  arrayLengthOf,
  eachEntry,
  hostObjectOf,
  identityOf,
  isMarkedObject,
  type LuaValue,
  plainFormOf,
  tableGetIndex,
  valueType,
} from '../../vm/index.ts';
import { toHost } from './values.ts';

/** What writing takes, in instructions: a value, a scalar the package writes, each character. */
const COST = { value: 40, scalar: 800, character: 2, compare: 12 } as const;

/** What is paid for at once. */
const COST_AT_ONCE = 20_000;

/**
 * Writes a value, ending with a line break.
 * @param fieldOrder keys that come first, in this order; the others follow by name
 * @returns after yielding what it has cost, in instructions, again and again
 * @throws MH_YAML_FAILED for cycles, gaps, mixed keys, and beyond depth or size limits
 */
export function* encodeYaml(value: LuaValue, fieldOrder: readonly string[] = []): Pieces<string> {
  const writer = new Writer(fieldOrder);
  yield* writer.write(value);
  return writer.text;
}

class Writer {
  text = '';
  readonly #rank: ReadonlyMap<string, number>;
  readonly #ancestors = new Set<unknown>();
  #cost = 0;

  constructor(fieldOrder: readonly string[]) {
    this.#rank = new Map(fieldOrder.map((name, i) => [name, i]));
  }

  *write(value: LuaValue): Pieces<void> {
    const plain = this.#plainOf(value);
    if (isBranch(plain)) yield* this.#branch(plain, '', false);
    else this.#scalar(plain, '');
    yield this.#cost;
  }

  /** A table that is not empty. @param isBegun whether its first line has been begun, behind a dash */
  *#branch(table: LuaValue, indent: string, isBegun: boolean): Pieces<void> {
    const identity = identityOf(table);
    if (this.#ancestors.has(identity)) throw failed('table is recursively nested');
    if (this.#ancestors.size >= YAML_DEPTH_MAX) throw failed(`more than ${YAML_DEPTH_MAX} levels of nesting`);
    this.#ancestors.add(identity);
    const length = arrayLengthOf(table);
    if (length > 0) yield* this.#list(table, length, indent, isBegun);
    else yield* this.#mapping(table, indent, isBegun);
    this.#ancestors.delete(identity);
  }

  *#list(table: LuaValue, length: number, indent: string, isBegun: boolean): Pieces<void> {
    for (let i = 1; i <= length; i++) {
      if (i > 1 || !isBegun) this.text += indent;
      this.text += '- ';
      const item = this.#plainOf(tableGetIndex(table, i));
      if (isBranch(item)) yield* this.#branch(item, `${indent}  `, true);
      else this.#scalar(item, indent);
      if (this.#cost > COST_AT_ONCE) yield* this.#pay();
    }
  }

  *#mapping(table: LuaValue, indent: string, isBegun: boolean): Pieces<void> {
    const fields = yield* this.#fieldsOf(table);
    if (fields.length === 0 && isBegun) this.text += '{}\n';
    for (const [i, { name, value }] of fields.entries()) {
      if (i > 0 || !isBegun) this.text += indent;
      this.#key(name, indent);
      if (isBranch(value)) {
        this.text += '\n';
        yield* this.#branch(value, `${indent}  `, false);
      } else {
        this.text += ' ';
        this.#scalar(value, indent);
      }
      if (this.#cost > COST_AT_ONCE) yield* this.#pay();
    }
  }

  /** Names and values in the order they are written. Other keys than words and numbers have no name. */
  *#fieldsOf(table: LuaValue): Pieces<Field[]> {
    const fields: Field[] = [];
    let hasIndex = false;
    eachEntry(table, (key, item) => {
      this.#cost += COST.value;
      const type = valueType(key);
      if (type !== 'string' && type !== 'number' && type !== 'boolean') return;
      const host = toHost(key);
      if ((typeof host === 'number' || typeof host === 'bigint') && isIndex(host)) hasIndex = true;
      const name = String(host);
      fields.push({ name, rank: this.#rank.get(name) ?? this.#rank.size, value: this.#plainOf(item) });
    });
    if (hasIndex)
      throw failed(fields.some(({ name }) => !isIndex(Number(name))) ? 'mixed-key table' : 'sparse array');
    yield* this.#pay();
    return yield* sort(fields);
  }

  #key(name: string, indent: string): void {
    const written = isPlain(name) ? name : JSON.stringify(name);
    this.#cost += written.length * COST.character;
    this.text += written.length > IMPLICIT_KEY_MAX ? `? ${written}\n${indent}:` : `${written}:`;
  }

  /** @param indent of the line it stands on */
  #scalar(value: LuaValue, indent: string): void {
    this.#cost += COST.value;
    const begin = this.text.length;
    if (valueType(value) === 'table') this.text += isMarkedObject(value) ? '{}\n' : '[]\n';
    else {
      const host = toHost(value);
      if (typeof host === 'string' && !isPlain(host)) {
        this.#cost += COST.scalar;
        this.text += writeText(host, indent);
      } else if (typeof host === 'number' && !Number.isFinite(host)) this.text += `${writeNumber(host)}\n`;
      else this.text += `${String(host)}\n`;
    }
    this.#cost += (this.text.length - begin) * COST.character;
  }

  /** What stands for a value in plain data. */
  #plainOf(value: LuaValue): LuaValue {
    return hostObjectOf(value) === undefined ? value : ((plainFormOf(value) ?? undefined) as LuaValue);
  }

  *#pay(): Pieces<void> {
    if (this.text.length > YAML_ENCODED_LENGTH_MAX)
      throw failed(`the text is larger than ${YAML_ENCODED_LENGTH_MAX} characters`);
    yield this.#cost;
    this.#cost = 0;
  }
}

interface Field {
  readonly name: string;
  readonly rank: number;
  readonly value: LuaValue;
}

/** Longest key that is written before a colon on its own line (YAML 1.2, 8.2.2: 1,024 characters). */
const IMPLICIT_KEY_MAX = 1000;

/** Fields sorted in one go. */
const RUN = 1024;

/** Merge sort, in pieces. */
function* sort(fields: readonly Field[]): Pieces<Field[]> {
  let runs: Field[][] = [];
  for (let from = 0; from < fields.length; from += RUN) {
    const run = fields.slice(from, from + RUN).sort(compare);
    runs.push(run);
    yield run.length * COST.compare * Math.ceil(Math.log2(run.length + 1));
  }
  while (runs.length > 1) {
    const merged: Field[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(yield* merge(runs[i]!, runs[i + 1] ?? []));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge(left: readonly Field[], right: readonly Field[]): Pieces<Field[]> {
  const merged: Field[] = [];
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    if (r >= right.length || (l < left.length && compare(left[l]!, right[r]!) <= 0)) merged.push(left[l++]!);
    else merged.push(right[r++]!);
    if (merged.length % RUN === 0) yield RUN * COST.compare;
  }
  return merged;
}

function compare(a: Field, b: Field): number {
  return a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

function isBranch(value: LuaValue): boolean {
  return valueType(value) === 'table' && arrayLengthOf(value) !== 0;
}

function isIndex(key: number | bigint): boolean {
  return typeof key === 'bigint' ? key > 0n : Number.isInteger(key) && key > 0;
}

/** Whether a text means itself without quotes. */
function isPlain(text: string): boolean {
  return PLAIN.test(text) && !RESERVED.test(text);
}

const PLAIN = /^[\p{L}_](?:[\p{L}\p{N}_ ./-]*[\p{L}\p{N}_./-])?$/u;
const RESERVED = /^(?:true|false|null)$/i;

function writeNumber(number: number): string {
  if (Number.isNaN(number)) return '.nan';
  return number < 0 ? '-.inf' : '.inf';
}

/** A text with quotes, or as a block below the line. */
function writeText(text: string, indent: string): string {
  if (text.includes('\n') && (!BLOCK.test(text) || BLANK_LINE.test(text))) return `${JSON.stringify(text)}\n`;
  const written = stringify({ k: text }, { lineWidth: 0 }).slice('k:'.length).trimStart();
  return indent === '' ? written : written.replace(/\n(?=[^\n])/g, `\n${indent}`);
}

/** What reads well as a block: begins with a word, holds no controls and no lines of white space only. */
const BLOCK = /^[^\s\p{C}][^\p{Cc}\p{Cs}]*(?:\n[^\p{Cc}\p{Cs}]*)*$/u;
const BLANK_LINE = /\n +(?:\n|$)/;

function failed(fact: string): HubError {
  return new HubError('MH_YAML_FAILED', { message: `Cannot encode as YAML: ${fact}` });
}
