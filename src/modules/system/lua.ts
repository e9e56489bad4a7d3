/**
 * `require("system")` (`modules.md` § 22). Permissions: `system.read <thing>`, `system.control <thing>`, `system.gc
 * <thing>`, `system.lock <name>`, `system.exit`. A refusal is INVALID (§ 0.8).
 */
import { availableParallelism, hostname } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { HubError } from '../../base/index.ts';
import {
  checkString,
  defineModule,
  fromHost,
  type HostValue,
  type LuaModule,
  type ModuleSpec,
  pushFailed,
  requirePermission,
  unitOf,
} from '../../lua/index.ts';
import type { ProcessSystem } from '../../process/index.ts';
import type { ServiceStatus } from '../../service/index.ts';
import {
  checkInteger,
  type HostFunction,
  type LuaState,
  optInteger,
  pushBoolean,
  pushInteger,
  pushOwned,
  spend,
} from '../../vm/index.ts';
import { MODULE_FACTS, UNKNOWN_FACTS } from './catalog.ts';
import { type HubLocks, LOCK_NAME_LENGTH_MAX } from './locks.ts';
import { hostView, processView, serviceView } from './views.ts';

/** What the extension uses of a hub. */
export interface SystemPorts {
  /** Working directory of the hub. */
  readonly cwd: string;
  readonly unstable: {
    readonly system: ProcessSystem;
    readonly services: {
      states(): readonly ServiceStatus[];
      status(id: string): ServiceStatus | undefined;
    };
    moduleNames(): readonly string[];
    exit(code: number): void;
  };
}

/** What the module is made of. */
export type SystemModulePorts = SystemPorts['unstable'] &
  Pick<SystemPorts, 'cwd'> & { readonly locks: HubLocks };

type Part = Omit<ModuleSpec, 'name'>;

const DENIED_AS = { kind: 'Invalid' } as const;
const EXIT_CODE_MAX = 255;
/** What collectors of other runtimes start with; here it is remembered and nothing else. */
const GC_PERCENT_DEFAULT = 100;
/** Instructions: one look at the heap, one collection, one row of a list. */
const LOOK_COST = 300;
const COLLECT_COST = 10_000;
const ROW_COST = 20;

/** Makes the `system` module of a hub. */
export function createSystemModule(ports: SystemModulePorts): LuaModule {
  return defineModule({
    name: 'system',
    reach: { exit: 'acts', modules: 'reads' },
    functions: {
      exit(L) {
        const code = optInteger(L, 1, 0);
        if (code < 0 || code > EXIT_CODE_MAX)
          throw argumentInvalid('exit', `expected a code from 0 to ${EXIT_CODE_MAX}, got ${code}`);
        requirePermission(L, 'system.exit', '', DENIED_AS);
        ports.exit(code);
        pushBoolean(L, true);
        return 1;
      },
      modules: reading('modules', () =>
        [...new Set(ports.moduleNames())].sort().map((name): HostValue => {
          const { description, class: classes } = MODULE_FACTS.get(name) ?? UNKNOWN_FACTS;
          return { name, description, class: [...classes] };
        }),
      ),
    },
    submodules: {
      memory: memoryPart(),
      gc: gcPart(),
      runtime: runtimePart(ports),
      process: readings({
        pid: ['pid', () => process.pid],
        hostname: ['hostname', () => hostname()],
        cwd: ['cwd', () => ports.cwd],
      }),
      hosts: hostsPart(ports),
      supervisor: supervisorPart(ports),
      node: nodePart(ports),
      cluster: readings({
        members: ['cluster', () => [{ id: ports.system.nodeName, is_local: true }]],
        leader: ['cluster', () => ''],
        size: ['cluster', () => 1],
      }),
      raft: readings({
        is_leader: ['raft', () => false],
        is_member: ['raft', () => false],
        role: ['raft', () => 'non-member'],
        term: ['raft', () => 0],
        commit_index: ['raft', () => 0],
        stats: ['raft', () => ({})],
      }),
      lock: lockPart(ports),
    },
  });
}

/** `set_limit` is remembered for `get_limit`: the limit of V8 is fixed when Node.js starts. */
function memoryPart(): Part {
  let limit = getHeapStatistics().heap_size_limit;
  return {
    reach: {
      stats: 'reads',
      allocated: 'reads',
      heap_objects: 'reads',
      set_limit: 'depends',
      get_limit: 'reads',
    },
    functions: {
      stats: reading('memory', memoryStats, LOOK_COST),
      allocated: reading('memory', () => process.memoryUsage().heapUsed, LOOK_COST),
      // V8 does not count them: unknown is 0.
      heap_objects: reading('memory', () => 0),
      set_limit(L) {
        const wanted = checkInteger(L, 1);
        requirePermission(L, 'system.control', 'memory_limit', DENIED_AS);
        if (wanted < 0)
          throw argumentInvalid('set the memory limit', `expected 0 or more bytes, got ${wanted}`);
        pushInteger(L, limit);
        limit = wanted;
        return 1;
      },
      get_limit: reading('memory_limit', () => limit),
    },
  };
}

/** Names of the reference runtime; what V8 does not tell is 0. Bytes. */
function memoryStats(): HostValue {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return {
    alloc: heapUsed + external,
    total_alloc: 0,
    sys: rss,
    heap_alloc: heapUsed,
    heap_sys: heapTotal,
    heap_idle: heapTotal - heapUsed,
    heap_in_use: heapUsed,
    heap_released: 0,
    heap_objects: 0,
    stack_in_use: 0,
    stack_sys: 0,
    mspan_in_use: 0,
    mspan_sys: 0,
    num_gc: 0,
    next_gc: 0,
  };
}

function gcPart(): Part {
  let percent = GC_PERCENT_DEFAULT;
  return {
    reach: { collect: 'acts', set_percent: 'depends', get_percent: 'reads' },
    functions: {
      collect(L) {
        requirePermission(L, 'system.gc', 'gc', DENIED_AS);
        spend(L, COLLECT_COST);
        globalThis.gc?.();
        pushBoolean(L, true);
        return 1;
      },
      set_percent(L) {
        const wanted = checkInteger(L, 1);
        requirePermission(L, 'system.gc', 'gc_percent', DENIED_AS);
        pushInteger(L, percent);
        percent = wanted;
        return 1;
      },
      get_percent: reading('gc_percent', () => percent),
    },
  };
}

function runtimePart({ system }: SystemModulePorts): Part {
  return {
    reach: { goroutines: 'reads', max_procs: 'reads', cpu_count: 'reads' },
    functions: {
      goroutines: reading('goroutines', () => system.processCount),
      /** All Lua of a Node.js process runs on one thread, whatever is asked for. */
      max_procs(L) {
        const isAsked = optInteger(L, 1, undefined) !== undefined;
        requirePermission(L, isAsked ? 'system.control' : 'system.read', 'gomaxprocs', DENIED_AS);
        pushInteger(L, 1);
        return 1;
      },
      cpu_count: reading('cpu', () => availableParallelism()),
    },
  };
}

function hostsPart({ system }: SystemModulePorts): Part {
  return {
    reach: { list: 'reads', processes: 'reads' },
    functions: {
      list(L) {
        requirePermission(L, 'system.read', 'hosts', DENIED_AS);
        const hosts = system.inspectHosts();
        spend(L, ROW_COST * (hosts.length + system.processCount));
        const ready = new Map<string, number>();
        for (const { hostId, state } of system.inspect())
          if (state === 'ready') ready.set(hostId, (ready.get(hostId) ?? 0) + 1);
        return push(
          L,
          hosts.map((host) => hostView(host, ready.get(host.id) ?? 0)),
        );
      },
      processes(L) {
        const id = checkString(L, 1);
        requirePermission(L, 'system.read', 'hosts', DENIED_AS);
        const hosts = system.inspectHosts();
        spend(L, ROW_COST * (hosts.length + system.processCount));
        if (!hosts.some((host) => host.id === id)) throw notFound('process host', id);
        const residents = system.inspect().filter(({ hostId }) => hostId === id);
        return push(
          L,
          residents.map((process) => processView(process, system)),
        );
      },
    },
  };
}

function supervisorPart({ services }: SystemModulePorts): Part {
  return {
    reach: { state: 'reads', states: 'reads' },
    functions: {
      state(L) {
        const id = checkString(L, 1);
        requirePermission(L, 'system.read', 'supervisor', DENIED_AS);
        const status = services.status(id);
        if (status === undefined) throw notFound('service', id);
        return push(L, serviceView(status));
      },
      states(L) {
        requirePermission(L, 'system.read', 'supervisor', DENIED_AS);
        const states = services.states();
        spend(L, ROW_COST * states.length);
        return push(L, states.map(serviceView));
      },
    },
  };
}

function nodePart({ system }: SystemModulePorts): Part {
  return readings({
    id: ['node', () => system.nodeName],
    addr: [
      'node',
      () => {
        throw new HubError('MH_SYSTEM_NO_ADDRESS', {
          message: `Cannot read the address of node '${system.nodeName}': it is not a member of a cluster`,
        });
      },
    ],
    role: ['node', () => 'non-member'],
  });
}

function lockPart({ locks }: SystemModulePorts): Part {
  return {
    reach: { acquire: 'acts', release: 'acts' },
    functions: {
      acquire(L) {
        const name = permittedLock(L);
        try {
          locks.acquire(name, unitOf(L).context.pid);
        } catch (thrown) {
          if (thrown instanceof HubError && thrown.code === 'MH_SYSTEM_LOCK_HELD')
            return pushFailed(L, thrown, true);
          throw thrown;
        }
        pushBoolean(L, true);
        return 1;
      },
      release(L) {
        pushBoolean(L, locks.release(permittedLock(L), unitOf(L).context.pid));
        return 1;
      },
    },
  };
}

function permittedLock(L: LuaState): string {
  const name = checkString(L, 1);
  if (name === '') throw argumentInvalid('use a lock', 'its name is empty');
  if (name.length > LOCK_NAME_LENGTH_MAX)
    throw argumentInvalid('use a lock', `its name has more than ${LOCK_NAME_LENGTH_MAX} characters`);
  requirePermission(L, 'system.lock', name, DENIED_AS);
  return name;
}

/** Functions without arguments that tell one value each: what it is for permissions, and how it is read. */
function readings(parts: Readonly<Record<string, readonly [thing: string, read: () => HostValue]>>): Part {
  const functions: Record<string, HostFunction> = {};
  for (const [name, [thing, read]] of Object.entries(parts)) functions[name] = reading(thing, read);
  return {
    functions,
    reach: Object.fromEntries(Object.keys(parts).map((name) => [name, 'reads' as const])),
  };
}

function reading(thing: string, read: () => HostValue, cost = 0): HostFunction {
  return (L) => {
    requirePermission(L, 'system.read', thing, DENIED_AS);
    spend(L, cost);
    return push(L, read());
  };
}

function push(L: LuaState, value: HostValue): number {
  pushOwned(L, fromHost(value));
  return 1;
}

function notFound(noun: string, id: string): HubError {
  return new HubError('MH_SYSTEM_NOT_FOUND', {
    message: `Cannot find ${noun} '${id}': there is none of this ID`,
  });
}

function argumentInvalid(verb: string, fact: string): HubError {
  return new HubError('MH_SYSTEM_ARGUMENT_INVALID', { message: `Cannot ${verb}: ${fact}` });
}
