// biome-ignore-all lint/suspicious/noExplicitAny: Fengari is untyped; this file is the first, plain body of the facade
/**
 * The facade on stock Fengari: every function a thin call to the C API. The first body of the engine, so that
 * the other rooms can be written; replaced part by part.
 */
import { createRequire } from 'node:module';
import { HubError } from '../../base/index.ts';
import type { Chunk, Continuation, HostFunction, LuaState, LuaValue } from './api.ts';

const require = createRequire(import.meta.url);
const fengari: any = require('fengari');
const { lua, lauxlib, lualib } = fengari;
const lobject: any = require('fengari/src/lobject.js');
const ltable: any = require('fengari/src/ltable.js');
const lstring: any = require('fengari/src/lstring.js');

export type LuaType =
  | 'nil'
  | 'boolean'
  | 'number'
  | 'string'
  | 'table'
  | 'function'
  | 'userdata'
  | 'thread'
  | 'none';

export interface Meter {
  slice: number;
  used: number;
  limit: number;
  killed: boolean;
}

export interface Machine {
  readonly main: LuaState;
}

export interface HostType<T = unknown> {
  readonly name: string;
  readonly __object?: T;
}

export interface HostTypeSpec<T> {
  readonly name: string;
  readonly methods: Readonly<Record<string, HostFunction>>;
  readonly tostring?: (object: T) => string;
  readonly concat?: HostFunction;
  readonly length?: HostFunction;
  readonly eq?: (a: T, b: T) => boolean;
  readonly call?: HostFunction;
  readonly index?: HostFunction;
  readonly transfer?: (object: T) => LuaValue | undefined;
}

export interface Frame {
  readonly source: string;
  readonly line: number;
  readonly name: string;
}

export type ResumeStatus = 'done' | 'yield' | 'error' | 'slice' | 'killed';

const rawBytes = (binary: string): Uint8Array => Buffer.from(binary, 'latin1');
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/* stack */
export const getTop = (L: LuaState): number => lua.lua_gettop(L);
export const setTop = (L: LuaState, index: number): void => lua.lua_settop(L, index);
export const absIndex = (L: LuaState, index: number): number => lua.lua_absindex(L, index);
export const pushValue = (L: LuaState, index: number): void => lua.lua_pushvalue(L, index);
export const pop = (L: LuaState, count: number): void => lua.lua_pop(L, count);
export const remove = (L: LuaState, index: number): void => lua.lua_remove(L, index);
export const insert = (L: LuaState, index: number): void => lua.lua_insert(L, index);
export const replace = (L: LuaState, index: number): void => lua.lua_replace(L, index);
export const copy = (L: LuaState, from: number, to: number): void => lua.lua_copy(L, from, to);
export const rotate = (L: LuaState, index: number, count: number): void => lua.lua_rotate(L, index, count);
export const checkStack = (L: LuaState, count: number): void => lauxlib.luaL_checkstack(L, count, null);
export const xmove = (from: LuaState, to: LuaState, count: number): void => {
  lua.lua_checkstack(to, count);
  lua.lua_xmove(from, to, count);
};

/* read */
const TYPE_NAMES: LuaType[] = [
  'nil',
  'boolean',
  'userdata',
  'number',
  'string',
  'table',
  'function',
  'userdata',
  'thread',
];
export const typeOf = (L: LuaState, index: number): LuaType => {
  const t: number = lua.lua_type(L, index);
  return t < 0 ? 'none' : (TYPE_NAMES[t] as LuaType);
};
export const isInteger = (L: LuaState, index: number): boolean => lua.lua_isinteger(L, index);
export const toBoolean = (L: LuaState, index: number): boolean => lua.lua_toboolean(L, index);
export const toInteger = (L: LuaState, index: number): number | bigint | undefined => {
  if (lua.lua_isinteger(L, index)) return lua.lua_tointeger(L, index);
  const n = lua.lua_tonumberx(L, index);
  return n === false || !Number.isInteger(n) ? undefined : n;
};
export const toNumber = (L: LuaState, index: number): number | undefined => {
  const n = lua.lua_tonumberx(L, index);
  return n === false ? undefined : n;
};
export const toBytes = (L: LuaState, index: number): Uint8Array | undefined =>
  lua.lua_tolstring(L, index) ?? undefined;
export const toBinary = (L: LuaState, index: number): string | undefined => {
  const b = toBytes(L, index);
  return b === undefined ? undefined : latin1(b);
};
export const toText = (L: LuaState, index: number): string | undefined => {
  const b = toBytes(L, index);
  return b === undefined ? undefined : utf8.decode(b);
};
interface HostSlot {
  object: unknown;
  type: any;
}
const slotOf = (L: LuaState, index: number): HostSlot | undefined => {
  const data = lua.lua_touserdata(L, index);
  return data?.hostSlot;
};
export const toHostObject = (L: LuaState, index: number): unknown => slotOf(L, index)?.object;
export const toDisplay = (L: LuaState, index: number): string => {
  const text = utf8.decode(lauxlib.luaL_tolstring(L, index));
  lua.lua_pop(L, 1);
  return text;
};

/* push */
export const pushNil = (L: LuaState): void => lua.lua_pushnil(L);
export const pushBoolean = (L: LuaState, value: boolean): void => lua.lua_pushboolean(L, value);
export const pushInteger = (L: LuaState, value: number | bigint): void => {
  const n = Number(value);
  if ((n | 0) === n) lua.lua_pushinteger(L, n);
  else lua.lua_pushnumber(L, n);
};
export const pushFloat = (L: LuaState, value: number): void => lua.lua_pushnumber(L, value);
export const pushNumber = (L: LuaState, value: number): void =>
  (value | 0) === value ? lua.lua_pushinteger(L, value) : lua.lua_pushnumber(L, value);
export const pushBytes = (L: LuaState, bytes: Uint8Array): void => {
  lua.lua_pushlstring(L, new Uint8Array(bytes), bytes.length);
};
export const pushBinary = (L: LuaState, binary: string): void => pushBytes(L, rawBytes(binary));
export const pushText = (L: LuaState, text: string): void => pushBytes(L, Buffer.from(text, 'utf8'));
export const pushFunction = (L: LuaState, fn: HostFunction, _name: string): void =>
  lua.lua_pushcfunction(L, fn);
export const pushThread = (L: LuaState, thread: LuaState): void => {
  lua.lua_pushnil(L);
  const slot = (L as any).stack[(L as any).top - 1];
  slot.setthvalue ? slot.setthvalue(thread) : slot.setfrom(new lobject.TValue(8, thread));
};
const userdataOf = new WeakMap<object, any>();
export const pushHostObject = <T>(L: LuaState, object: T, type: HostType<T>): void => {
  const key = object as object;
  let udata = userdataOf.get(key);
  if (udata === undefined) {
    lua.lua_newuserdata(L, 0).hostSlot = { object, type } satisfies HostSlot;
    pushOwned(L, (type as any).metatable(L));
    lua.lua_setmetatable(L, -2);
    udata = copyValueSlot(L, -1);
    userdataOf.set(key, udata);
    return;
  }
  pushOwned(L, udata);
};

/* host types */
export const defineHostType = <T>(options: HostTypeSpec<T>): HostType<T> => {
  let made: LuaValue | undefined;
  const type: any = { name: options.name, transfer: options.transfer };
  const self = (L: LuaState, index: number): T | undefined => {
    const slot = slotOf(L, index);
    return slot?.type === type ? (slot?.object as T) : undefined;
  };
  type.metatable = (L: LuaState): LuaValue => {
    if (made !== undefined) return made;
    newTable(L);
    newTable(L);
    for (const [name, fn] of Object.entries(options.methods)) {
      pushFunction(L, fn, name);
      setField(L, -2, name);
    }
    const methods = copyValueSlot(L, -1);
    pop(L, 1);
    pushFunction(
      L,
      (M) => {
        pushOwned(M, methods);
        pushValue(M, 2);
        rawGet(M, -2);
        if (typeOf(M, -1) === 'nil' && options.index !== undefined) {
          setTop(M, 2);
          return options.index(M);
        }
        return 1;
      },
      'index',
    );
    setField(L, -2, '__index');
    const add = (name: string, fn: HostFunction | undefined): void => {
      if (fn === undefined) return;
      pushFunction(L, fn, name);
      setField(L, -2, name);
    };
    const tostring = options.tostring;
    add('__tostring', (M) => {
      const object = self(M, 1);
      pushText(M, object !== undefined && tostring ? tostring(object) : `${options.name}`);
      return 1;
    });
    add('__concat', options.concat);
    add('__len', options.length);
    add('__call', options.call);
    const eq = options.eq;
    if (eq !== undefined) {
      add('__eq', (M) => {
        const a = self(M, 1);
        const b = self(M, 2);
        pushBoolean(M, a !== undefined && b !== undefined && eq(a, b));
        return 1;
      });
    }
    pushBinary(L, options.name);
    setField(L, -2, '__name');
    pushBoolean(L, false);
    setField(L, -2, '__metatable');
    made = copyValueSlot(L, -1);
    pop(L, 1);
    return made;
  };
  return type;
};

/* tables */
export const newTable = (L: LuaState, _narr = 0, _nrec = 0): void => lua.lua_newtable(L);
export const getTable = (L: LuaState, index: number): LuaType => {
  lua.lua_gettable(L, index);
  return typeOf(L, -1);
};
export const setTable = (L: LuaState, index: number): void => lua.lua_settable(L, index);
export const getField = (L: LuaState, index: number, name: string): LuaType => {
  lua.lua_getfield(L, index, rawBytes(name));
  return typeOf(L, -1);
};
export const setField = (L: LuaState, index: number, name: string): void =>
  lua.lua_setfield(L, index, rawBytes(name));
export const rawGet = (L: LuaState, index: number): LuaType => {
  lua.lua_rawget(L, index);
  return typeOf(L, -1);
};
export const rawSet = (L: LuaState, index: number): void => lua.lua_rawset(L, index);
export const rawGetIndex = (L: LuaState, index: number, key: number): LuaType => {
  lua.lua_rawgeti(L, index, key);
  return typeOf(L, -1);
};
export const rawSetIndex = (L: LuaState, index: number, key: number): void => lua.lua_rawseti(L, index, key);
export const rawLength = (L: LuaState, index: number): number => lua.lua_rawlen(L, index);
export const rawEqual = (L: LuaState, a: number, b: number): boolean =>
  lua.lua_rawequal(L, a, b) !== 0 && lua.lua_rawequal(L, a, b) !== false;
export const next = (L: LuaState, index: number): boolean => !!lua.lua_next(L, index);
export const setMetatable = (L: LuaState, index: number): void => {
  lua.lua_setmetatable(L, index);
};
export const getMetatable = (L: LuaState, index: number): boolean => !!lua.lua_getmetatable(L, index);
export const freezeTable = (L: LuaState, index: number): void => {
  lua.lua_topointer(L, index).frozen = true;
};
for (const name of ['luaH_setfrom', 'luaH_setint'] as const) {
  const stock = ltable[name];
  ltable[name] = (...args: any[]) => {
    const table = name === 'luaH_setint' ? args[0] : args[1];
    if (table.frozen === true && name === 'luaH_setfrom')
      lauxlib.luaL_error(args[0], rawBytes('attempt to modify a readonly table'));
    return stock(...args);
  };
}

/* calls */
export const call = (L: LuaState, nargs: number, nresults: number): void => lua.lua_call(L, nargs, nresults);
export const callK = (
  L: LuaState,
  nargs: number,
  nresults: number,
  k: Continuation,
  context?: unknown,
): number => {
  lua.lua_callk(L, nargs, nresults, context ?? 0, (M: LuaState, s: number, c: unknown) =>
    k(M, s === 1 ? 0 : s, c),
  );
  return k(L, 0, context);
};
export const pcallK = (
  L: LuaState,
  nargs: number,
  nresults: number,
  handler: number,
  k: Continuation,
  context?: unknown,
): number => {
  const status = lua.lua_pcallk(
    L,
    nargs,
    nresults,
    handler,
    context ?? 0,
    (M: LuaState, s: number, c: unknown) => k(M, s === 1 ? 0 : s, c),
  );
  return k(L, status, context);
};
export const pcall = (L: LuaState, nargs: number, nresults: number): number =>
  lua.lua_pcall(L, nargs, nresults, 0);
export const raise = (L: LuaState, message: string): never =>
  lauxlib.luaL_error(L, rawBytes('%s'), Buffer.from(message, 'utf8')) as never;
export const raiseValue = (L: LuaState): never => lua.lua_error(L) as never;
export const argumentError = (L: LuaState, index: number, message: string): never =>
  lauxlib.luaL_argerror(L, index, Buffer.from(message, 'utf8')) as never;
export const typeError = (L: LuaState, index: number, expected: string): never => {
  const slot = slotOf(L, index);
  const got = slot ? slot.type.name : typeOf(L, index) === 'none' ? 'no value' : typeOf(L, index);
  return argumentError(L, index, `${expected} expected, got ${got}`);
};

/* checks */
export const checkBytes = (L: LuaState, index: number): Uint8Array => lauxlib.luaL_checklstring(L, index);
export const checkBinary = (L: LuaState, index: number): string => latin1(checkBytes(L, index));
export const checkText = (L: LuaState, index: number): string => utf8.decode(checkBytes(L, index));
export const checkInteger = (L: LuaState, index: number): number => {
  const n = toInteger(L, index);
  if (n !== undefined) return Number(n);
  if (toNumber(L, index) !== undefined)
    return argumentError(L, index, 'number has no integer representation');
  return typeError(L, index, 'number');
};
export const checkNumber = (L: LuaState, index: number): number => lauxlib.luaL_checknumber(L, index);
export const checkTable = (L: LuaState, index: number): void => {
  if (typeOf(L, index) !== 'table') typeError(L, index, 'table');
};
export const checkFunction = (L: LuaState, index: number): void => {
  if (typeOf(L, index) !== 'function') typeError(L, index, 'function');
};
export const checkAny = (L: LuaState, index: number): void => {
  if (typeOf(L, index) === 'none') argumentError(L, index, 'value expected');
};
export const checkHostObject = <T>(L: LuaState, index: number, type: HostType<T>): T => {
  const slot = slotOf(L, index);
  return slot?.type === type ? (slot?.object as T) : typeError(L, index, type.name);
};
export const isHostObject = <T>(L: LuaState, index: number, type: HostType<T>): boolean =>
  slotOf(L, index)?.type === type;
const absent = (L: LuaState, index: number): boolean => {
  const t = typeOf(L, index);
  return t === 'none' || t === 'nil';
};
export const optBytes = <D>(L: LuaState, index: number, fallback: D): Uint8Array | D =>
  absent(L, index) ? fallback : checkBytes(L, index);
export const optBinary = <D>(L: LuaState, index: number, fallback: D): string | D =>
  absent(L, index) ? fallback : checkBinary(L, index);
export const optText = <D>(L: LuaState, index: number, fallback: D): string | D =>
  absent(L, index) ? fallback : checkText(L, index);
export const optInteger = <D>(L: LuaState, index: number, fallback: D): number | D =>
  absent(L, index) ? fallback : checkInteger(L, index);
export const optNumber = <D>(L: LuaState, index: number, fallback: D): number | D =>
  absent(L, index) ? fallback : checkNumber(L, index);
export const optHostObject = <T, D>(L: LuaState, index: number, type: HostType<T>, fallback: D): T | D =>
  absent(L, index) ? fallback : checkHostObject(L, index, type);

/* threads */
export const newThread = (L: LuaState): LuaState => {
  const thread = lua.lua_newthread(L);
  thread.unit = L.unit;
  return thread;
};
const newthread = lua.lua_newthread;
export const resume = (thread: LuaState, from: LuaState | null, nargs: number): ResumeStatus => {
  const status = lua.lua_resume(thread, from, nargs);
  return status === 0 ? 'done' : status === 1 ? 'yield' : status < 0 ? 'killed' : 'error';
};
export const hostYield = (L: LuaState, k?: Continuation, context?: unknown): number =>
  k === undefined
    ? lua.lua_yield(L, 0)
    : lua.lua_yieldk(L, 0, context ?? 0, (M: LuaState, _s: number, c: unknown) => k(M, 0, c));
export const userYield = (L: LuaState, nresults: number): number => lua.lua_yield(L, nresults);
export const status = (thread: LuaState): 'suspended' | 'normal' | 'dead' => {
  const s = lua.lua_status(thread);
  if (s === 1) return 'suspended';
  if (s !== 0) return 'dead';
  if ((thread as any).ci !== (thread as any).base_ci) return 'normal';
  return lua.lua_gettop(thread) === 0 ? 'dead' : 'suspended';
};

export const isYieldable = (L: LuaState): boolean => !!lua.lua_isyieldable(L);
export const checkYieldable = (L: LuaState): void => {
  if (isYieldable(L)) return;
  raise(L, 'attempt to yield across a C-call boundary');
};
class Kill {}
export const isUnwinding = (thrown: unknown): boolean =>
  thrown instanceof Kill ||
  (typeof thrown === 'object' && thrown !== null && 'status' in thrown && 'previous' in thrown);
export const kill = (_L: LuaState): never => {
  throw new Kill();
};
const hostOwned = new WeakSet<object>();
export const setHostOwned = (thread: LuaState): void => {
  hostOwned.add(thread);
};
export const isHostOwned = (thread: LuaState): boolean => hostOwned.has(thread);

/* values */
const slotValue = (L: LuaState, index: number): any => {
  lua.lua_pushvalue(L, index);
  const raw = (L as any).stack[(L as any).top - 1];
  const value = new lobject.TValue(raw.type, raw.value);
  lua.lua_pop(L, 1);
  return value;
};
const copyValueSlot = (L: LuaState, index: number): LuaValue => slotValue(L, index) as LuaValue;
/** The value as it is, not copied: for values that stay inside one unit. */
export const valueAt = (L: LuaState, index: number): LuaValue => copyValueSlot(L, index);
export const pushOwned = (L: LuaState, value: LuaValue): void => {
  lua.lua_pushnil(L);
  (L as any).stack[(L as any).top - 1].setfrom(value);
};
const transferError = (kind: string, path: string): HubError =>
  new HubError('MH_LUA_VALUE_NOT_COPYABLE', {
    message: `Cannot copy a value: ${path === '' ? 'it' : `'${path.slice(1)}'`} is a ${kind}`,
    hint: 'Send plain data: strings, numbers, booleans and tables of these.',
  });
const pathText = (path: string, key: any): string =>
  key.ttisstring() ? `${path}.${utf8.decode(key.svalue())}` : `${path}[${String(key.value)}]`;
const copyRaw = (source: any, seen: Map<unknown, any>, path: string, depth: number): any => {
  const T = source.ttnov();
  if (T === 6) throw transferError('function', path);
  if (T === 8) throw transferError('thread', path);
  if (T === 7) {
    const slot: HostSlot | undefined = source.value.data?.hostSlot;
    if (slot?.type.transfer === undefined) return new lobject.TValue(0, null);
    return slot.type.transfer(slot.object) ?? new lobject.TValue(0, null);
  }
  if (T !== 5) return new lobject.TValue(source.type, source.value);
  const known = seen.get(source.value);
  if (known !== undefined) return known;
  if (depth > 1000) {
    throw new HubError('MH_LUA_VALUE_TOO_DEEP', {
      message: 'Cannot copy a value: it nests deeper than 1000 tables',
    });
  }
  const table = ltable.luaH_new(scratch());
  const result = new lobject.TValue(5, table);
  seen.set(source.value, result);
  if (source.value.isObject === true) table.isObject = true;
  for (let entry = source.value.f; entry; entry = entry.n) {
    const at = pathText(path, entry.key);
    const key = copyRaw(entry.key, seen, at, depth + 1);
    if (key.ttisnil()) continue;
    const value = copyRaw(entry.value, seen, at, depth + 1);
    ltable.luaH_setfrom(scratch(), table, key, value);
  }
  return result;
};
let scratchState: any;
const scratch = (): any => {
  if (scratchState === undefined) throw new Error('no machine yet');
  return scratchState;
};
const detachedHost = (object: unknown, type: any): any => {
  const L = scratch();
  pushHostObject(L, object, type);
  const value = slotValue(L, -1);
  lua.lua_pop(L, 1);
  return value;
};
export const copyOut = (L: LuaState, index: number): LuaValue =>
  copyRaw(slotValue(L, index), new Map(), '', 0) as LuaValue;
export const copyValue = (value: LuaValue): LuaValue => copyRaw(value, new Map(), '', 0) as LuaValue;

export const makeNil = (): LuaValue => new lobject.TValue(0, null);
export const makeBoolean = (value: boolean): LuaValue => new lobject.TValue(1, value);
export const makeInteger = (value: number | bigint): LuaValue => {
  const n = Number(value);
  return new lobject.TValue((n | 0) === n ? 19 : 3, n);
};
export const makeFloat = (value: number): LuaValue => new lobject.TValue(3, value);
export const makeBytes = (bytes: Uint8Array): LuaValue =>
  new lobject.TValue(20, lstring.luaS_bless(scratch(), new Uint8Array(bytes)));
export const makeBinary = (binary: string): LuaValue => makeBytes(rawBytes(binary));
export const makeText = (text: string): LuaValue => makeBytes(Buffer.from(text, 'utf8'));
export const makeTable = (): LuaValue => new lobject.TValue(5, ltable.luaH_new(scratch()));
export const hostObject = <T>(object: T, type: HostType<T>): LuaValue => detachedHost(object, type);
export const tableSet = (table: LuaValue, key: LuaValue, value: LuaValue): void =>
  ltable.luaH_setfrom(scratch(), (table as any).value, key, value);
export const tableSetField = (table: LuaValue, name: string, value: LuaValue): void =>
  tableSet(table, makeBinary(name), value);
export const tableSetIndex = (table: LuaValue, index: number, value: LuaValue): void =>
  tableSet(table, makeInteger(index), value);
export const tableGet = (table: LuaValue, key: LuaValue): LuaValue =>
  ltable.luaH_get(scratch(), (table as any).value, key);
export const tableGetField = (table: LuaValue, name: string): LuaValue => tableGet(table, makeBinary(name));
export const tableGetIndex = (table: LuaValue, index: number): LuaValue =>
  tableGet(table, makeInteger(index));
export const tableLength = (table: LuaValue): number => ltable.luaH_getn((table as any).value);
export function* tableEntries(table: LuaValue): IterableIterator<[LuaValue, LuaValue]> {
  for (let entry = (table as any).value.f; entry; entry = entry.n) yield [entry.key, entry.value];
}
export const valueType = (value: LuaValue): LuaType => TYPE_NAMES[(value as any).ttnov()] as LuaType;
export const isIntegerValue = (value: LuaValue): boolean => (value as any).ttisinteger();
export const booleanOf = (value: LuaValue): boolean => !(value as any).l_isfalse();
export const numberOf = (value: LuaValue): number | bigint | undefined =>
  (value as any).ttnov() === 3 ? (value as any).value : undefined;
export const integerOf = (value: LuaValue): number | bigint | undefined =>
  (value as any).ttnov() === 3 && Number.isInteger((value as any).value) ? (value as any).value : undefined;
export const bytesOf = (value: LuaValue): Uint8Array | undefined =>
  (value as any).ttisstring() ? (value as any).svalue() : undefined;
export const binaryOf = (value: LuaValue): string | undefined => {
  const b = bytesOf(value);
  return b === undefined ? undefined : latin1(b);
};
export const textOf = (value: LuaValue): string | undefined => {
  const b = bytesOf(value);
  return b === undefined ? undefined : utf8.decode(b);
};
export const hostObjectOf = (value: LuaValue): unknown =>
  (value as any).ttisfulluserdata() ? (value as any).value.data?.hostSlot?.object : undefined;
export const identityOf = (value: LuaValue): unknown => (value as any).value;
export const metaFieldOf = (value: LuaValue, name: string): LuaValue | undefined => {
  const meta = (value as any).value?.metatable;
  if (!meta) return undefined;
  const found = ltable.luaH_get(scratch(), meta, makeBinary(name));
  return found.ttisnil() ? undefined : found;
};
export const eachEntry = (table: LuaValue, visit: (key: LuaValue, value: LuaValue) => void): void => {
  for (const [key, value] of tableEntries(table)) visit(key, value);
};
export const arrayLengthOf = (table: LuaValue): number => {
  const n = tableLength(table);
  let count = 0;
  for (const _ of tableEntries(table)) count++;
  return count === n ? n : -1;
};
export const tableFromArray = (values: readonly (LuaValue | undefined)[]): LuaValue => {
  const table = makeTable();
  values.forEach((value, i) => {
    if (value !== undefined) tableSetIndex(table, i + 1, value);
  });
  return table;
};
export const tableFromEntries = (binaryKeys: readonly string[], values: readonly LuaValue[]): LuaValue => {
  const table = makeTable();
  binaryKeys.forEach((key, i) => {
    tableSetField(table, key, values[i]!);
  });
  return table;
};
export const markObject = (table: LuaValue): void => {
  (table as any).value.isObject = true;
};
export const isMarkedObject = (table: LuaValue): boolean => (table as any).value.isObject === true;

/* chunks */
export class LuaSyntaxError extends Error {
  readonly line: number;
  readonly reason: string;
  constructor(message: string, line: number, reason: string) {
    super(message);
    this.name = 'LuaSyntaxError';
    this.line = line;
    this.reason = reason;
  }
}
export const compile = (source: string, chunkName: string): Chunk => {
  const L = scratch();
  const bytes = Buffer.from(source, 'utf8');
  const status = lauxlib.luaL_loadbufferx(
    L,
    new Uint8Array(bytes),
    bytes.length,
    Buffer.from(`=${chunkName}`, 'utf8'),
    Buffer.from('t'),
  );
  if (status !== 0) {
    const message = utf8.decode(lua.lua_tostring(L, -1));
    lua.lua_pop(L, 1);
    const found = /^(.*?):(\d+): ([\s\S]*)$/.exec(message.slice(0));
    throw new LuaSyntaxError(message, found ? Number(found[2]) : 0, found ? found[3]! : message);
  }
  const proto = slotValue(L, -1).value.p;
  lua.lua_pop(L, 1);
  return { chunkName, proto } as unknown as Chunk;
};
export const pushChunk = (L: LuaState, chunk: Chunk, envIndex: number): void => {
  const env = slotValue(L, envIndex);
  const closure = new lobject.LClosure(L, 1);
  closure.p = (chunk as any).proto;
  closure.upvals[0] = env;
  lua.lua_pushnil(L);
  (L as any).stack[(L as any).top - 1].setclLvalue(closure);
};

/* errors */
export const traceback = (L: LuaState, thread: LuaState, level = 0): Frame[] => {
  const frames: Frame[] = [];
  const ar: any = new lua.lua_Debug();
  while (lua.lua_getstack(thread, level++, ar) && frames.length < 100) {
    lua.lua_getinfo(thread, Buffer.from('Sln'), ar);
    frames.push({
      source: utf8.decode(Buffer.from(ar.short_src)).replace(/\0[\s\S]*$/, ''),
      line: ar.currentline,
      name: ar.name ? utf8.decode(ar.name) : '',
    });
  }
  void L;
  return frames;
};
export const where = (L: LuaState, level: number): string => {
  lauxlib.luaL_where(L, level);
  const text = utf8.decode(lua.lua_tostring(L, -1));
  lua.lua_pop(L, 1);
  return text;
};

/* machine */
export const createMachine = (): Machine => {
  const main = lauxlib.luaL_newstate();
  lualib.luaL_openlibs(main);
  main.unit = undefined;
  scratchState ??= main;
  return { main };
};
export const createMeter = (options: { slice?: number; limit?: number } = {}): Meter => ({
  slice: options.slice ?? 100_000,
  used: 0,
  limit: options.limit ?? 0,
  killed: false,
});
export const newUnitThread = (machine: Machine, unit: unknown, _meter?: Meter): LuaState => {
  const thread = newthread(machine.main);
  lua.lua_pop(machine.main, 1);
  thread.unit = unit;
  return thread;
};
const templates = new WeakMap<Machine, LuaValue>();
export const setGlobalsTemplate = (machine: Machine, table: LuaValue): void => {
  templates.set(machine, table);
};
export const pushGlobals = (L: LuaState, machine: Machine): void => {
  newTable(L);
  let template = templates.get(machine);
  if (template === undefined) {
    lua.lua_pushglobaltable(machine.main);
    template = slotValue(machine.main, -1) as unknown as LuaValue;
    lua.lua_pop(machine.main, 1);
    templates.set(machine, template);
  }
  for (const [key, value] of tableEntries(template)) {
    pushOwned(L, key);
    pushOwned(L, value);
    rawSet(L, -3);
  }
  pushValue(L, -1);
  setField(L, -2, '_G');
};
