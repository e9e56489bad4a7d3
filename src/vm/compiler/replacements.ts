/**
 * Every part of Fengari we exchange, and why. What stays is its compiler: these are the parts of it that are
 * wrong (strings, numbers), bound to its own run time (errors), or named differently from PUC Lua.
 */

import { LuaFloat } from '../value/float.ts';
import { arithmetic, isNumber, parseNumber, toFloatValue } from '../value/number.ts';
import type { Value } from '../value/value.ts';

/** One exchanged export. */
export interface Replacement {
  readonly module: string;
  readonly export: string;
  readonly ours: unknown;
  readonly reason: string;
}

/** The compiler's view of a constant: Fengari's TValue. */
interface Constant {
  type: number;
  value: unknown;
}

const FLOAT_TAG = 3;
const INTEGER_TAG = 3 | 16;

/** The compiler's state: stands in for Fengari's lua_State. */
export interface CompilerState {
  /** Text and line of the last message put together; what `luaD_throw` reports. */
  message: string;
  line: number;
}

/** Thrown by the compiler; compile.ts turns it into a `LuaSyntaxError`. */
export class CompilerFailure {
  readonly message: string;
  readonly line: number;
  constructor(message: string, line: number) {
    this.message = message;
    this.line = line;
  }
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');

interface FengariString {
  hash: string | null;
  realstring: Uint8Array;
}

/** The bytes as text: no two strings share it. Fengari's own joins unpadded hex digits. */
function hashBytes(bytes: Uint8Array): string {
  return `|${latin1(bytes)}`;
}

function hashString(string: FengariString): string {
  string.hash ??= hashBytes(string.realstring);
  return string.hash;
}

function stringToNumber(bytes: Uint8Array, constant: Constant): number {
  const value = parseNumber(latin1(bytes));
  if (value === undefined) return 0;
  setConstant(constant, value);
  return bytes.length + 1;
}

function foldArithmetic(_L: unknown, operator: number, a: Constant, b: Constant, result: Constant): void {
  const value = arithmetic(operator, constantValue(a), constantValue(b));
  // Operands are numerals and divisors not zero (checked by the caller), so there is a result.
  setConstant(result, value as Value);
}

function constantToInteger(constant: Constant): unknown {
  const value = arithmetic(7, constantValue(constant), -1);
  return value === undefined ? false : value;
}

function constantValue(constant: Constant): Value {
  return constant.type === FLOAT_TAG ? toFloatValue(constant.value as number) : (constant.value as Value);
}

function setConstant(constant: Constant, value: Value): void {
  const isFloat =
    value instanceof LuaFloat || (isNumber(value) && typeof value === 'number' && !Number.isInteger(value));
  constant.type = isFloat ? FLOAT_TAG : INTEGER_TAG;
  constant.value = value instanceof LuaFloat ? value.n : value;
}

function formatMessage(L: CompilerState, format: Uint8Array, ...values: unknown[]): Uint8Array {
  let at = 0;
  const text = latin1(format).replace(/%([sdc%])/g, (_match, kind: string) => {
    if (kind === '%') return '%';
    const value = values[at++];
    if (kind === 'd') return String(value);
    if (kind === 'c') return printableCharacter(value as number);
    const string = typeof value === 'string' ? value : latin1(value as Uint8Array);
    // PUC's name for what Fengari calls JS levels.
    return string === 'JS levels' ? 'C levels' : string.replace(/\0[\s\S]*$/, '');
  });
  L.message = text;
  return bytesOf(text);
}

function printableCharacter(code: number): string {
  return code >= 32 && code < 127 ? String.fromCharCode(code) : `<\\${code}>`;
}

function addPosition(L: CompilerState, message: Uint8Array, source: FengariString, line: number): Uint8Array {
  L.line = line;
  return formatMessage(L, bytesOf('%s:%d: %s'), latin1(source.realstring).slice(1), line, message);
}

function failCompilation(L: CompilerState): never {
  throw new CompilerFailure(L.message, L.line);
}

export const REPLACEMENTS: readonly Replacement[] = [
  {
    module: 'lstring',
    export: 'luaS_hash',
    ours: hashBytes,
    reason: 'joins unpadded hex digits, so different strings are one key (vm.md X1)',
  },
  {
    module: 'lstring',
    export: 'luaS_hashlongstr',
    ours: hashString,
    reason: 'uses its own luaS_hash (vm.md X1)',
  },
  {
    module: 'lobject',
    export: 'luaO_str2num',
    ours: stringToNumber,
    reason: 'integer literals have 32 bits (vm.md X2)',
  },
  {
    module: 'lobject',
    export: 'luaO_arith',
    ours: foldArithmetic,
    reason: 'folds constants with 32 bits (vm.md X2)',
  },
  {
    module: 'lvm',
    export: 'tointeger',
    ours: constantToInteger,
    reason: 'constant folding asks whether a numeral has an integer form (vm.md X2)',
  },
  {
    module: 'lobject',
    export: 'luaO_pushfstring',
    ours: formatMessage,
    reason: 'builds messages on a Lua stack; says JS levels where PUC says C levels',
  },
  {
    module: 'ldebug',
    export: 'luaG_addinfo',
    ours: addPosition,
    reason: 'builds messages on a Lua stack; cuts entry IDs at 60 bytes',
  },
  {
    module: 'ldo',
    export: 'luaD_throw',
    ours: failCompilation,
    reason: 'reports syntax errors through its own call frames',
  },
];
