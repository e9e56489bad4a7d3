/**
 * Host objects in Lua. All objects of a type share one read-only metatable that Lua cannot reach
 * (`getmetatable` gives `false`); an object is one userdata however often it is pushed.
 */
import type { HostFunction, LuaState, LuaValue } from './api.ts';
import { Table } from './table.ts';
import type { Thread } from './value.ts';
import { nameHostFunction, Userdata, type UserdataType, type Value } from './value.ts';

/** A type of host objects; made by `defineHostType`. */
export interface HostType<T = unknown> {
  readonly name: string;
  /** Phantom: what the objects are. */
  readonly __object?: T;
}

/** What `defineHostType` takes. */
export interface HostTypeSpec<T> {
  /** Shown in messages: `bad argument #1 to 'f' (<name> expected, got ...)`. */
  readonly name: string;
  /** `object:name(...)`; the object is argument 1 (check it with `checkHostObject`). */
  readonly methods: Readonly<Record<string, HostFunction>>;
  /** `tostring(object)`, as text. Default: the name and an address. */
  readonly tostring?: (object: T) => string;
  /** `object .. x` and `x .. object`: both operands as arguments. */
  readonly concat?: HostFunction;
  /** `#object`. */
  readonly length?: HostFunction;
  /** `a == b` of two different objects of the type. Default: identity. */
  readonly eq?: (a: T, b: T) => boolean;
  /** `object(...)`. */
  readonly call?: HostFunction;
  /** `object[key]` when no method has that name: object and key as arguments. */
  readonly index?: HostFunction;
  /** What arrives when the object is copied to another program; default and `undefined`: nil. */
  readonly transfer?: (object: T) => LuaValue | undefined;
  /** What stands for it where only plain data can be written, such as JSON; default and `undefined`: nothing. */
  readonly plain?: (object: T) => LuaValue | undefined;
}

/** Defines a type. Call once per type, at load. */
export function defineHostType<T>(spec: HostTypeSpec<T>): HostType<T> {
  const metatable = new Table();
  const type: UserdataType = {
    name: spec.name,
    metatable,
    transfer: spec.transfer as UserdataType['transfer'],
    plain: spec.plain as UserdataType['plain'],
  };
  const methods = new Table();
  for (const [name, method] of Object.entries(spec.methods)) {
    nameHostFunction(method, name);
    methods.set(name, method);
  }
  methods.isFrozen = true;
  metatable.set('__index', spec.index === undefined ? methods : lookup(methods, spec.index));
  metatable.set('__metatable', false);
  metatable.set('__name', spec.name);
  const objectAt = (thread: Thread, index: number): T | undefined => {
    const value = thread.stack[thread.base + index];
    return value instanceof Userdata && value.type === type ? (value.object as T) : undefined;
  };
  const { tostring, eq } = spec;
  if (tostring !== undefined) {
    setFunction(metatable, '__tostring', (thread) => {
      const object = objectAt(thread, 0);
      return object === undefined ? spec.name : Buffer.from(tostring(object), 'utf8').toString('latin1');
    });
  }
  if (eq !== undefined) {
    setFunction(metatable, '__eq', (thread) => {
      const a = objectAt(thread, 0);
      const b = objectAt(thread, 1);
      return a !== undefined && b !== undefined && eq(a, b);
    });
  }
  if (spec.concat !== undefined) metatable.set('__concat', spec.concat);
  if (spec.length !== undefined) metatable.set('__len', spec.length);
  if (spec.call !== undefined) metatable.set('__call', spec.call);
  metatable.isFrozen = true;
  return type;
}

/** A metamethod that answers one value. */
function setFunction(metatable: Table, name: string, answer: (thread: Thread) => Value): void {
  const fn: HostFunction = (L) => {
    const thread = L as Thread;
    const value = answer(thread);
    thread.stack[thread.top++] = value;
    return 1;
  };
  nameHostFunction(fn, name);
  metatable.set(name, fn);
}

function lookup(methods: Table, otherwise: HostFunction): HostFunction {
  return (L) => {
    const thread = L as Thread;
    const method = methods.get(thread.stack[thread.base + 1]);
    if (method === undefined) return otherwise(L);
    thread.stack[thread.top++] = method;
    return 1;
  };
}

/** The machine's side of a type. */
export function typeOfHost(type: HostType): UserdataType {
  return type as UserdataType;
}

const userdataOf = new WeakMap<object, Userdata>();

function toUserdata(object: object, type: UserdataType): Userdata {
  let userdata = userdataOf.get(object);
  if (userdata === undefined || userdata.type !== type) {
    userdata = new Userdata(object, type);
    userdataOf.set(object, userdata);
  }
  return userdata;
}

/** Pushes a host object. */
export function pushHostObject<T>(L: LuaState, object: T, type: HostType<T>): void {
  const thread = L as Thread;
  thread.stack[thread.top++] = toUserdata(object as object, typeOfHost(type));
}

/**
 * As `hostObject` without asking whether the object was seen before: cheaper. The caller keeps the value where the
 * object's identity matters.
 */
export function freshHostObject<T>(object: T, type: HostType<T>): LuaValue {
  return new Userdata(object, typeOfHost(type)) as unknown as LuaValue;
}

/** A host object as a detached value. */
export function hostObject<T>(object: T, type: HostType<T>): LuaValue {
  return toUserdata(object as object, typeOfHost(type)) as unknown as LuaValue;
}
