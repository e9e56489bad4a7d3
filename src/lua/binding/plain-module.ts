/**
 * Modules written as plain functions: arguments arrive as plain data, a returned value becomes a Lua value, a promise
 * suspends the coroutine that called, and whoever writes one sees neither stack nor machine. Our hot modules use the
 * stack (`module.ts`), which costs less a call and can hold functions of the program.
 *
 * How a call ends: a value is returned or a promise resolves (the value, or nil); a HubError is thrown or rejects
 * (`nil, err`); anything else is thrown, a bug of the module: the calling unit ends and the log says it once; the
 * coroutine is dropped while a promise is pending: `signal` aborts and the answer is ignored.
 */
import { type ErrorKind, HubError, type HubErrorOptions, type Log } from '../../base/index.ts';
import {
  freshHostObject,
  getTop,
  type HostFunction,
  type HostType,
  hostObjectOf,
  type LuaState,
  plainFormOf,
  pushOwned,
  spend,
  typeError,
  valueAt,
} from '../../vm/index.ts';
import { type UnitContext, unitOf } from '../coroutine/context.ts';
import { fromHost, type HostValue, toHost, valueType } from '../value/values.ts';
import { defineModule, defineType, type LuaModule } from './module.ts';
import { requirePermission } from './permission.ts';
import { suspendOn } from './suspend.ts';

/** What a plain function may be given and may return: plain data, or an object of a type of its own. */
export type ModuleValue = HostValue | HostObject;

/** What it returns; `undefined` and `null` are nil. */
export type ModuleResult = ModuleValue | Promise<ModuleValue>;

/**
 * One function of a module. Missing arguments are `undefined`, nil is `null` or `undefined`; strings are text, bytes
 * that are no UTF-8 become U+FFFD; tables with keys 1..n are arrays, others objects without prototype. Functions and
 * coroutines of the program are refused with a Lua error.
 */
export type ModuleFunction = (call: BindingCall, ...args: ModuleValue[]) => ModuleResult;

/** The call a function runs for. */
export interface BindingCall {
  /** PID of the caller. */
  readonly pid: string;
  /** Entry whose code calls. */
  readonly entryId: string;
  /** Aborts when the caller ends before the promise this call returned has settled. */
  readonly signal: AbortSignal;
  /** Its lines carry the PID. */
  readonly log: Log;
  /** Charges the caller, in instructions of its time slice: for work that grows with what was asked (`vm.md` S1). */
  spend(cost: number): void;
  /** Releases something when the calling process or function ends. Runs once, newest first. */
  onClose(release: () => void): void;
  /**
   * Lets only those go on who may (`modules.md` § 0.8).
   * @throws MH_SECURITY_DENIED
   */
  allow(action: string, resource: string): void;
}

/** A module of plain functions. */
export interface ModuleDefinition {
  /** Name for `require` and `modules:`. */
  readonly name: string;
  readonly functions: Readonly<Record<string, ModuleFunction>>;
  /** Plain data beside the functions. Default none. */
  readonly constants?: Readonly<Record<string, HostValue>>;
}

/** A method of a host object; `self` is the object. */
export type ObjectMethod<T> = (call: BindingCall, self: T, ...args: ModuleValue[]) => ModuleResult;

/** What `defineObject` takes. */
export interface ObjectDefinition<T> {
  /** Shown in messages: `bad argument #1 to 'add' (<name> expected, got ...)`. */
  readonly name: string;
  /** `object:name(...)`. */
  readonly methods: Readonly<Record<string, ObjectMethod<T>>>;
  /** `tostring(object)`. Default: the name and an address. */
  readonly tostring?: (self: T) => string;
}

/** An object in the hands of programs. It stays in its process: in a message it becomes nil. */
export class HostObject {
  readonly value: unknown;
  /** @internal */
  readonly type: HostType<HostObject>;

  constructor(value: unknown, type: HostType<HostObject>) {
    this.value = value;
    this.type = type;
  }
}

/** A type of host objects. */
export interface ObjectType<T> {
  /** Wraps a value so that a function can return it. */
  wrap(value: T): HostObject;
  /** The value of an argument; `undefined` when it is no object of this type. */
  read(argument: ModuleValue): T | undefined;
}

/**
 * Defines a type of host objects. Call once per type.
 * @example
 * const counters = defineObject<Counter>({
 *   name: 'counter',
 *   methods: { add: (_call, counter, by) => counter.add(Number(by ?? 1)) },
 * });
 */
export function defineObject<T>(definition: ObjectDefinition<T>): ObjectType<T> {
  const { name, methods, tostring } = definition;
  const bound: Record<string, HostFunction> = {};
  for (const [method, run] of Object.entries(methods)) {
    bound[method] = (L) => {
      const self = hostObjectOf(valueAt(L, 1));
      if (!(self instanceof HostObject) || self.type !== type) return typeError(L, 1, name);
      return invoke(L, (call, args) => run(call, self.value as T, ...args), 2);
    };
  }
  const type: HostType<HostObject> = defineType<HostObject>({
    name,
    methods: bound,
    ...(tostring === undefined ? {} : { tostring: (object: HostObject) => tostring(object.value as T) }),
  });
  return {
    wrap: (value) => new HostObject(value, type),
    read: (argument) =>
      argument instanceof HostObject && argument.type === type ? (argument.value as T) : undefined,
  };
}

/**
 * The failure a plain function throws for what is expected to happen: the program reads it as `nil, err`.
 * @example throw refusal({ kind: 'NotFound', message: `Cannot read '${key}': not found` });
 */
export function refusal(options: HubErrorOptions & { readonly kind: ErrorKind }): HubError {
  return new HubError('MH_EXTENSION_REFUSED', options);
}

/** The Lua module behind a definition. */
export function toLuaModule(definition: ModuleDefinition): LuaModule {
  const functions: Record<string, HostFunction> = {};
  for (const [name, run] of Object.entries(definition.functions)) {
    functions[name] = (L) => invoke(L, (call, args) => run(call, ...args), 1);
  }
  const { name, constants } = definition;
  // Of a function of somebody else nobody knows what it reaches, so a trial does not call it.
  const reach = Object.fromEntries(Object.keys(functions).map((key) => [key, 'depends' as const]));
  return defineModule({ name, functions, reach, ...(constants === undefined ? {} : { constants }) });
}

/** Runs a plain function with the arguments from `first` on and pushes or awaits what it gives. */
function invoke(
  L: LuaState,
  run: (call: BindingCall, args: ModuleValue[]) => ModuleResult,
  first: number,
): number {
  const args: ModuleValue[] = [];
  for (let index = first; index <= getTop(L); index++) args.push(argumentAt(L, index));
  const call = new RunningCall(L, unitOf(L));
  let result: ModuleResult;
  try {
    result = run(call, args);
  } finally {
    call.leave();
  }
  if (!isPromise(result)) return pushResult(L, result);
  return suspendOn(L, result, pushResult, () => call.abort());
}

function argumentAt(L: LuaState, index: number): ModuleValue {
  const value = valueAt(L, index);
  switch (valueType(value)) {
    case 'function':
    case 'thread':
      return typeError(L, index, 'plain data');
    case 'userdata': {
      const object = hostObjectOf(value);
      if (object instanceof HostObject) return object;
      const plain = plainFormOf(value);
      return plain === undefined ? typeError(L, index, 'plain data') : toHost(plain);
    }
    default:
      return toHost(value);
  }
}

function pushResult(L: LuaState, result: ModuleValue): number {
  if (result instanceof HostObject) pushOwned(L, freshHostObject(result, result.type));
  else pushOwned(L, fromHost(result));
  return 1;
}

function isPromise(result: ModuleResult): result is Promise<ModuleValue> {
  return (
    typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function'
  );
}

/** The call while it is under way; what it is asked after its function has returned, it answers for the unit. */
class RunningCall implements BindingCall {
  /** The thread that called; only its own function may touch it. */
  #L: LuaState | undefined;
  readonly #unit: UnitContext;
  /** Made when asked for: most functions never look. */
  #controller: AbortController | undefined;

  constructor(L: LuaState, unit: UnitContext) {
    this.#L = L;
    this.#unit = unit;
  }

  get pid(): string {
    return this.#unit.context.pid;
  }

  get entryId(): string {
    return this.#unit.entry.id;
  }

  get log(): Log {
    return this.#unit.log;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#unit.isClosed) this.#controller.abort();
    return this.#controller.signal;
  }

  spend(cost: number): void {
    spend(this.#thread('spend'), cost);
  }

  allow(action: string, resource: string): void {
    requirePermission(this.#thread('allow'), action, resource);
  }

  onClose(release: () => void): void {
    this.#unit.onClose(release);
  }

  /** The function has returned. */
  leave(): void {
    this.#L = undefined;
  }

  abort(): void {
    this.#controller?.abort();
  }

  #thread(method: string): LuaState {
    if (this.#L !== undefined) return this.#L;
    throw new HubError('MH_EXTENSION_CALL_OVER', {
      message: `Cannot use call.${method}: the function has returned`,
      hint: 'Ask before the first await.',
    });
  }
}
