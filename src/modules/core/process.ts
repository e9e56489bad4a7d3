/** The `process` module (`process.md`). Functions ask for the permission of their own name on their target. */

import { type EntryId, HubError } from '../../base/index.ts';
import {
  CHANNEL_TYPE,
  COST,
  checkStringKeyed,
  checkTopic,
  copyArgument,
  copyArguments,
  defineModule,
  EVENT_KINDS,
  type LuaModule,
  mailOf,
  pushChannel,
  pushFailed,
  raising,
  requireArguments,
  requirePermission,
  unitOf,
} from '../../lua/index.ts';
import { isNameScope, type NameScope } from '../../process/index.ts';
import {
  checkHostObject,
  checkText,
  getField,
  getTop,
  type HostFunction,
  kill,
  type LuaState,
  newTable,
  next,
  pop,
  pushBoolean,
  pushNil,
  pushText,
  raise,
  setField,
  spend,
  toBoolean,
  toInteger,
  toText,
  typeError,
  typeOf,
} from '../../vm/index.ts';
import { exec, mergedAmbient, pushSpawner, spawnWith } from './spawn.ts';

const NO_PAYLOADS: readonly never[] = [];

/** `process.unlisten`, also the global `unsubscribe`. */
export const unlisten: HostFunction = (L) => {
  const channel = checkHostObject(L, 1, CHANNEL_TYPE);
  const unit = unitOf(L);
  if (unit.mail?.unlisten(channel) === true) {
    pushBoolean(L, true);
    return 1;
  }
  const message = 'Cannot unlisten: the channel has no subscription';
  return pushFailed(L, new HubError('MH_LUA_SUBSCRIPTION_NOT_FOUND', { message }), true);
};

/** Global and `require("process")`. */
export const processModule: LuaModule = defineModule({
  name: 'process',
  isGlobal: true,
  failsWithFalse: ['set_options'],
  reach: {
    send: 'acts',
    spawn: 'depends',
    spawn_monitored: 'depends',
    spawn_linked: 'depends',
    spawn_linked_monitored: 'depends',
    cancel: 'acts',
    terminate: 'acts',
    monitor: 'acts',
    unmonitor: 'acts',
    link: 'acts',
    unlink: 'acts',
    get_options: 'depends',
    set_options: 'acts',
  },
  functions: {
    pid: (L) => pushOne(L, unitOf(L).context.pid),
    id: (L) => pushOne(L, unitOf(L).entry.id),
    send,
    spawn: spawnWith('process.spawn', {}),
    spawn_monitored: spawnWith('process.spawn_monitored', { monitor: true }),
    spawn_linked: spawnWith('process.spawn_linked', { link: true }),
    spawn_linked_monitored: spawnWith('process.spawn_linked_monitored', { monitor: true, link: true }),
    exec,
    cancel(L) {
      requireArguments(L, 1, 'process.cancel');
      const destination = checkText(L, 1);
      const reason = getTop(L) < 2 || typeOf(L, 2) === 'nil' ? '' : checkText(L, 2);
      requirePermission(L, 'process.cancel', destination);
      const unit = unitOf(L);
      unit.runtime.system.cancel(unit.context.pid, destination, reason);
      return pushTrue(L);
    },
    terminate: (L) =>
      tie(L, 'process.terminate', (unit, target) => unit.runtime.system.terminate(target, unit.context.pid)),
    monitor: (L) =>
      tie(L, 'process.monitor', (unit, target) => unit.runtime.system.monitor(unit.context.pid, target)),
    unmonitor: (L) =>
      tie(L, 'process.unmonitor', (unit, target) => unit.runtime.system.unmonitor(unit.context.pid, target)),
    link: (L) => tie(L, 'process.link', (unit, target) => unit.runtime.system.link(unit.context.pid, target)),
    unlink: (L) =>
      tie(L, 'process.unlink', (unit, target) => unit.runtime.system.unlink(unit.context.pid, target)),
    inbox(L) {
      pushChannel(L, mailOf(unitOf(L)).inbox());
      return 1;
    },
    events(L) {
      pushChannel(L, mailOf(unitOf(L)).events());
      return 1;
    },
    listen,
    unlisten,
    get_options(L) {
      const unit = unitOf(L);
      const { trapLinks, upgradable } = unit.runtime.system.getOptions(unit.context.pid);
      newTable(L, 0, 2);
      pushBoolean(L, trapLinks);
      setField(L, -2, 'trap_links');
      pushBoolean(L, upgradable);
      setField(L, -2, 'upgradable');
      return 1;
    },
    set_options: setOptions,
    with_context(L) {
      requirePermission(L, 'process.context', 'context');
      return pushSpawner(L, { ambient: mergedAmbient(L, unitOf(L).ambient, 1) });
    },
    with_options: (L) => pushSpawner(L, { options: checkStringKeyed(L, 1) }),
    upgrade,
  },
  submodules: {
    event: { constants: EVENT_KINDS },
    registry: {
      constants: { LOCAL: 0, EVENTUAL: 1, CONSISTENT: 2, STRONG: 3 },
      reach: { register: 'acts', lookup: 'reads', unregister: 'acts' },
      functions: {
        register(L) {
          requireArguments(L, 1, 'process.registry.register');
          const unit = unitOf(L);
          const name = checkText(L, 1);
          requirePermission(L, 'process.registry.register', name);
          const pid = optionalPid(L, 2) ?? unit.context.pid;
          unit.runtime.system.names.register(name, pid, { scope: scopeAt(L, 3), owner: unit.context.pid });
          return pushTrue(L);
        },
        lookup(L) {
          requireArguments(L, 1, 'process.registry.lookup');
          return pushOne(L, unitOf(L).runtime.system.names.lookup(checkText(L, 1)));
        },
        unregister(L) {
          requireArguments(L, 1, 'process.registry.unregister');
          const { runtime, context } = unitOf(L);
          requirePermission(L, 'process.registry.unregister', checkText(L, 1));
          const options = { scope: scopeAt(L, 2), caller: context.pid };
          pushBoolean(L, runtime.system.names.unregister(checkText(L, 1), options));
          return 1;
        },
      },
    },
  },
});

/** The hot path: nothing is made here but the copies of the payloads. */
function send(L: LuaState): number {
  const top = getTop(L);
  if (top < 2) requireArguments(L, 2, 'process.send');
  const destination = checkText(L, 1);
  const topic = checkText(L, 2);
  const payloads = top === 2 ? NO_PAYLOADS : top === 3 ? [copyArgument(L, 3, 1)] : copyArguments(L, 3, top);
  requirePermission(L, 'process.send', destination);
  spend(L, COST.message);
  const unit = unitOf(L);
  unit.runtime.system.send(unit.context.pid, destination, topic, payloads);
  pushBoolean(L, true);
  return 1;
}

/** Functions of one destination. What they do may end the caller itself: then none of its code runs on. */
function tie(
  L: LuaState,
  name: string,
  act: (unit: ReturnType<typeof unitOf>, target: string) => void,
): number {
  requireArguments(L, 1, name);
  const unit = unitOf(L);
  const target = checkText(L, 1);
  requirePermission(L, name, target);
  act(unit, target);
  if (unit.context.isDoomed) return kill(L);
  return pushTrue(L);
}

function listen(L: LuaState): number {
  requireArguments(L, 1, 'process.listen');
  const topic = checkText(L, 1);
  checkTopic('listen to', topic);
  let asMessages = false;
  if (typeOf(L, 2) === 'table') {
    getField(L, 2, 'message');
    asMessages = typeOf(L, -1) === 'boolean' && toBoolean(L, -1);
    pop(L, 1);
  }
  const unit = unitOf(L);
  pushChannel(L, mailOf(unit).listen(topic, asMessages));
  return 1;
}

/** All or nothing (`process.md` § 12.2). */
function setOptions(L: LuaState): number {
  if (typeOf(L, 1) !== 'table') throw optionsRefused(`expected a table, got ${typeOf(L, 1)}`);
  const options: { trapLinks?: boolean; upgradable?: boolean } = {};
  pushNil(L);
  while (next(L, 1)) {
    if (typeOf(L, -2) === 'string') {
      const key = toText(L, -2)!;
      if (key !== 'trap_links' && key !== 'upgradable') throw optionsRefused(`unknown option, got '${key}'`);
      if (typeOf(L, -1) !== 'boolean') {
        throw optionsRefused(`'${key}' expected to be a boolean, got ${typeOf(L, -1)}`);
      }
      options[key === 'upgradable' ? 'upgradable' : 'trapLinks'] = toBoolean(L, -1);
    }
    pop(L, 1);
  }
  const unit = unitOf(L);
  unit.runtime.system.setOptions(unit.context.pid, options);
  if (unit.context.isDoomed) return kill(L);
  pushBoolean(L, true);
  pushNil(L);
  return 2;
}

function optionsRefused(fact: string): HubError {
  return new HubError('MH_PROCESS_ARGUMENT_INVALID', { message: `Cannot set options: ${fact}` });
}

/** Replaces the code; on success nothing of the caller runs on. */
function upgrade(L: LuaState): number {
  const type = typeOf(L, 1);
  if (type !== 'nil' && type !== 'none' && type !== 'string') typeError(L, 1, 'string');
  const unit = unitOf(L);
  if (unit.context.role === 'call') {
    throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
      message: 'Cannot upgrade: a function call has no code to replace',
    });
  }
  if (unit.isLoading) return raise(L, 'attempt to upgrade from outside a coroutine');
  const id = type === 'string' ? toText(L, 1)! : '';
  const args = raising(L, () => copyArguments(L, 2, getTop(L)));
  unit.requestUpgrade(id === '' ? undefined : (id as EntryId), args);
  return kill(L);
}

function optionalPid(L: LuaState, index: number): string | undefined {
  const type = typeOf(L, index);
  if (type === 'nil' || type === 'none') return undefined;
  if (type === 'string') return toText(L, index);
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message: `Cannot register a name: expected a PID, got ${type}`,
  });
}

function scopeAt(L: LuaState, index: number): NameScope {
  const type = typeOf(L, index);
  if (type === 'nil' || type === 'none') return 0;
  const scope = type === 'number' ? toInteger(L, index) : undefined;
  if (isNameScope(scope)) return scope;
  throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
    message: `Cannot use as a scope: expected one of process.registry.LOCAL to STRONG, got ${toText(L, index) ?? type}`,
  });
}

function pushOne(L: LuaState, text: string): number {
  pushText(L, text);
  return 1;
}

function pushTrue(L: LuaState): number {
  pushBoolean(L, true);
  return 1;
}
