/** Starting processes from Lua (`process.md` § 2, 9.7, 10): what `process.spawn*`, `exec` and Spawners share. */

import { HubError } from '../../base/index.ts';
import {
  COST,
  canHold,
  checkStringKeyed,
  checkTopic,
  copyArguments,
  copyReceived,
  defineType,
  hold,
  isActor,
  isScope,
  pushError,
  raising,
  requireArguments,
  requirePermission,
  suspend,
  unitOf,
} from '../../lua/index.ts';
import type { Ambient, InitialMessage, SpawnRequest } from '../../process/index.ts';
import {
  checkHostObject,
  checkText,
  freshHostObject,
  getTop,
  type HostFunction,
  type HostType,
  type LuaState,
  type LuaValue,
  pushNil,
  pushOwned,
  pushText,
  remove,
  spend,
  toHostObject,
  typeError,
} from '../../vm/index.ts';

/** What a Spawner adds to a start. Immutable. */
export interface SpawnPlan {
  readonly ambient: Ambient;
  readonly options: ReadonlyMap<string, LuaValue>;
  readonly name?: string;
  readonly messages: readonly InitialMessage[];
}

/** How a start is tied to the caller. */
export interface SpawnTies {
  readonly monitor?: boolean;
  readonly link?: boolean;
}

class Spawner {
  readonly plan: SpawnPlan;

  constructor(plan: SpawnPlan) {
    this.plan = plan;
  }
}

/** A start with nothing but what the caller hands on anyway. */
export function plainPlan(L: LuaState): SpawnPlan {
  return { ambient: unitOf(L).ambient, options: new Map(), messages: [] };
}

/** The binding of one spawn function; arguments `id, host, ...`. */
export function spawnWith(name: string, ties: SpawnTies): HostFunction {
  return (L) => spawnFrom(L, plainPlan(L), name, ties);
}

/** `process.exec` (`process.md` § 9.7). */
export const exec: HostFunction = (L) => execFrom(L, plainPlan(L), 'process.exec');

/** Does not wait for the program's eyes: a load that takes long holds the whole unit, or is over at once. */
function spawnFrom(L: LuaState, plan: SpawnPlan, name: string, ties: SpawnTies): number {
  const request = readRequest(L, plan, name, ties);
  const { system } = unitOf(L).runtime;
  const started = canHold(L) ? system.beginSpawn(request) : system.spawn(request);
  if (typeof started !== 'string') {
    return hold(L, (resume) =>
      started.onEnd((error) =>
        resume((inner) => {
          if (error !== undefined) throw error;
          pushText(inner, started.pid);
          return 1;
        }),
      ),
    );
  }
  pushText(L, started);
  return 1;
}

function readRequest(L: LuaState, plan: SpawnPlan, name: string, ties: SpawnTies): SpawnRequest {
  requireArguments(L, 2, name);
  const unit = unitOf(L);
  const entryId = checkText(L, 1);
  const hostId = checkText(L, 2);
  requirePermission(L, 'process.spawn', entryId);
  requirePermission(L, 'process.host', hostId);
  spend(L, COST.unit + COST.message * plan.messages.length);
  return {
    entryId,
    hostId,
    args: copyArguments(L, 3, getTop(L)),
    caller: unit.context.pid,
    ambient: plan.ambient,
    name: plan.name,
    messages: plan.messages.map(({ topic, payloads }) => ({
      topic,
      payloads: payloads.map((value) => copyReceived(value as LuaValue)),
    })),
    ...ties,
  };
}

/** Waits for the end of a process it starts; when the caller is gone the child goes on. */
function execFrom(L: LuaState, plan: SpawnPlan, name: string): number {
  return suspend(L, (resume) => {
    const { system } = unitOf(L).runtime;
    const started = system.beginSpawn(readRequest(L, plan, name, {}));
    // A load that goes on and fails is an end like any other.
    return system.watch(typeof started === 'string' ? started : started.pid, (outcome) =>
      resume((inner) => {
        if (outcome.ok) {
          if (outcome.value === undefined) pushNil(inner);
          else pushOwned(inner, copyReceived(outcome.value as LuaValue));
          pushNil(inner);
        } else {
          pushNil(inner);
          pushError(inner, outcome.failure);
        }
        return 2;
      }),
    );
  });
}

/** Pushes a Spawner with the caller's values and these on top. */
export function pushSpawner(L: LuaState, changes: Partial<SpawnPlan>): number {
  pushOwned(L, freshHostObject(new Spawner({ ...plainPlan(L), ...changes }), SPAWNER_TYPE));
  return 1;
}

/** Context values of `base` with those of the table at `index` on top. */
export function mergedAmbient(L: LuaState, base: Ambient, index: number): Ambient {
  spend(L, base.values.size * COST.ambientValue);
  return { ...base, values: new Map([...base.values, ...checkStringKeyed(L, index)]) };
}

function derive(L: LuaState, change: (plan: SpawnPlan) => Partial<SpawnPlan>): number {
  const { plan } = checkHostObject(L, 1, SPAWNER_TYPE);
  pushOwned(L, freshHostObject(new Spawner({ ...plan, ...change(plan) }), SPAWNER_TYPE));
  return 1;
}

function identity(L: LuaState, isIdentity: (object: unknown) => boolean, noun: string): unknown {
  requirePermission(L, 'process.security', 'security');
  const object = toHostObject(L, 2);
  return isIdentity(object) ? object : typeError(L, 2, noun);
}

/** Methods take the Spawner first; the shared code wants `id, host, ...` from 1. */
function spawnMethod(name: string, ties: SpawnTies): HostFunction {
  return (L) => {
    const { plan } = checkHostObject(L, 1, SPAWNER_TYPE);
    remove(L, 1);
    return spawnFrom(L, plan, name, ties);
  };
}

const SPAWNER_TYPE: HostType<Spawner> = defineType<Spawner>({
  name: 'process.Spawner',
  reach: {
    spawn: 'depends',
    spawn_monitored: 'depends',
    spawn_linked: 'depends',
    spawn_linked_monitored: 'depends',
  },
  methods: {
    with_context: (L) =>
      derive(L, (plan) => {
        requirePermission(L, 'process.context', 'context');
        return { ambient: mergedAmbient(L, plan.ambient, 2) };
      }),
    with_options: (L) =>
      derive(L, (plan) => {
        spend(L, plan.options.size * COST.ambientValue);
        return { options: new Map([...plan.options, ...checkStringKeyed(L, 2)]) };
      }),
    with_name: (L) =>
      derive(L, () => {
        const name = checkText(L, 2);
        return raising(L, () => {
          if (name !== '') return { name };
          throw new HubError('MH_PROCESS_ARGUMENT_INVALID', {
            message: 'Cannot name a process: expected a non-empty name',
          });
        });
      }),
    with_message: (L) =>
      derive(L, (plan) => {
        const topic = checkText(L, 2);
        const payloads = raising(L, () => {
          checkTopic('send to', topic);
          return copyArguments(L, 3, getTop(L));
        });
        spend(L, plan.messages.length);
        return { messages: [...plan.messages, { topic, payloads }] };
      }),
    with_actor: (L) =>
      derive(L, (plan) => ({ ambient: { ...plan.ambient, actor: identity(L, isActor, 'security.Actor') } })),
    with_scope: (L) =>
      derive(L, (plan) => ({ ambient: { ...plan.ambient, scope: identity(L, isScope, 'security.Scope') } })),
    spawn: spawnMethod('spawn', {}),
    spawn_monitored: spawnMethod('spawn_monitored', { monitor: true }),
    spawn_linked: spawnMethod('spawn_linked', { link: true }),
    spawn_linked_monitored: spawnMethod('spawn_linked_monitored', { monitor: true, link: true }),
    exec(L) {
      const { plan } = checkHostObject(L, 1, SPAWNER_TYPE);
      remove(L, 1);
      return execFrom(L, plan, 'exec');
    },
  },
});
