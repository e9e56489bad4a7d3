/** `require("registry")` (`modules.md` § 2): entries, versions, change sets. */
import { HubError, tryParseEntryId } from '../../base/index.ts';
import {
  COST,
  checkCanWait,
  defineModule,
  defineType,
  fromHost,
  isPermitted,
  type LuaModule,
  requirePermission,
  suspendOn,
  toArray,
} from '../../lua/index.ts';
import {
  type ChangeRequest,
  createEntry,
  createEntrySet,
  diffEntries,
  type Entry,
  type Registry,
  type Snapshot,
} from '../../registry/index.ts';
import {
  charge,
  checkHostObject,
  checkInteger,
  checkTable,
  checkText,
  type HostType,
  hostObject,
  type LuaState,
  type LuaValue,
  pushHostObject,
  pushInteger,
  pushNil,
  pushOwned,
  pushText,
  pushValue,
  spend,
  tableFromArray,
  toHostObject,
  typeError,
  typeOf,
  valueAt,
} from '../../vm/index.ts';
import {
  readEntryTable,
  readFilter,
  readId,
  toEntryList,
  toEntryTable,
  toOperationList,
} from './entry-values.ts';

/** A version number with the registry it belongs to. */
class Version {
  readonly registry: Registry;
  readonly number: number;

  constructor(registry: Registry, number: number) {
    this.registry = registry;
    this.number = number;
  }

  /** The version `step` places further among those kept. */
  neighbour(step: 1 | -1): Version | undefined {
    const numbers = this.registry.versions().toSorted((a, b) => a - b);
    charge(numbers.length);
    const found = numbers[numbers.indexOf(this.number) + step];
    return found === undefined || !numbers.includes(this.number)
      ? undefined
      : new Version(this.registry, found);
  }
}

/** Entries of one version, fixed. */
class SnapshotObject {
  readonly registry: Registry;
  readonly snapshot: Snapshot;

  constructor(registry: Registry, snapshot: Snapshot) {
    this.registry = registry;
    this.snapshot = snapshot;
  }
}

/** Changes collected for one version. */
class Changes {
  readonly registry: Registry;
  readonly base: number;
  readonly requests: ChangeRequest[] = [];

  constructor(registry: Registry, base: number) {
    this.registry = registry;
    this.base = base;
  }
}

/** The versions kept. */
class History {
  readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }
}

/** Makes the `registry` module. */
export function createRegistryModule(registryOf: () => Registry): LuaModule {
  return defineModule({
    name: 'registry',
    // A trial comes before the change: what it would read here is the old state.
    reach: {
      get: 'depends',
      find: 'depends',
      snapshot: 'depends',
      snapshot_at: 'depends',
      current_version: 'depends',
      versions: 'depends',
      history: 'depends',
      build_delta: 'depends',
    },
    functions: {
      get: (L) => pushEntry(L, registryOf(), checkText(L, 1)),
      find: (L) => pushFound(L, registryOf(), 1),
      parse_id(L) {
        const text = checkText(L, 1);
        const parts = tryParseEntryId(text);
        pushOwned(L, fromHost({ ns: parts?.namespace ?? '', name: parts?.name ?? text }));
        return 1;
      },
      snapshot: (L) => pushSnapshot(L, registryOf(), registryOf().version),
      snapshot_at(L) {
        const number = checkInteger(L, 1);
        if (number < 1) throw versionInvalid(number);
        return pushSnapshot(L, registryOf(), number);
      },
      current_version: (L) => pushVersion(L, registryOf(), registryOf().version),
      versions: (L) => pushVersions(L, registryOf()),
      history(L) {
        pushHostObject(L, new History(registryOf()), HISTORY);
        return 1;
      },
      apply_version(L) {
        const registry = registryOf();
        const number = readVersion(L, 1);
        requirePermission(L, 'registry.apply_version', `v${number}`);
        checkCanWait(L);
        return suspendOn(L, registry.applyVersion(number), (inner) => {
          pushOwned(inner, fromHost(true));
          return 1;
        });
      },
      build_delta(L) {
        const before = createEntrySet(readEntries(L, 1));
        const after = createEntrySet(readEntries(L, 2));
        spend(L, (before.all().length + after.all().length) * COST.entry);
        const operations = diffEntries(before, after).map((change) => ({
          kind: `entry.${change.operation}`,
          entry: toEntryTable(change.operation === 'delete' ? change.previous : change.entry),
        }));
        pushOwned(L, toOperationList(operations));
        return 1;
      },
    },
  });
}

const VERSION: HostType<Version> = defineType<Version>({
  name: 'registry.Version',
  methods: {
    id(L) {
      pushInteger(L, checkHostObject(L, 1, VERSION).number);
      return 1;
    },
    string(L) {
      pushText(L, `v${checkHostObject(L, 1, VERSION).number}`);
      return 1;
    },
    previous: (L) => pushOptionalVersion(L, checkHostObject(L, 1, VERSION).neighbour(-1)),
    next: (L) => pushOptionalVersion(L, checkHostObject(L, 1, VERSION).neighbour(1)),
  },
  tostring: (version) => `registry.Version{v${version.number}}`,
});

const SNAPSHOT: HostType<SnapshotObject> = defineType<SnapshotObject>({
  name: 'registry.Snapshot',
  methods: {
    entries: (L) => pushEntries(L, checkHostObject(L, 1, SNAPSHOT).snapshot.all()),
    get: (L) => pushEntry(L, checkHostObject(L, 1, SNAPSHOT).snapshot, checkText(L, 2)),
    find: (L) => pushFound(L, checkHostObject(L, 1, SNAPSHOT).snapshot, 2),
    namespace(L) {
      const { snapshot } = checkHostObject(L, 1, SNAPSHOT);
      const namespace = checkText(L, 2);
      const entries = snapshot.all();
      spend(L, entries.length * COST.entryTest);
      return pushEntries(
        L,
        entries.filter((entry) => entry.namespace === namespace),
      );
    },
    version(L) {
      const { registry, snapshot } = checkHostObject(L, 1, SNAPSHOT);
      return pushVersion(L, registry, snapshot.version);
    },
    changes(L) {
      const { registry, snapshot } = checkHostObject(L, 1, SNAPSHOT);
      pushHostObject(L, new Changes(registry, snapshot.version), CHANGES);
      return 1;
    },
  },
  tostring: ({ snapshot }) => `registry.Snapshot{v${snapshot.version}}`,
});

const CHANGES: HostType<Changes> = defineType<Changes>({
  name: 'registry.Changes',
  methods: {
    create: (L) => collectWrite(L, 'create'),
    update: (L) => collectWrite(L, 'update'),
    delete(L) {
      const { requests } = checkHostObject(L, 1, CHANGES);
      requests.push({ operation: 'delete', id: readId(valueAt(L, 2)) });
      pushValue(L, 1);
      return 1;
    },
    ops(L) {
      pushOwned(L, toOperationList(checkHostObject(L, 1, CHANGES).requests.map(toOperation)));
      return 1;
    },
    apply(L) {
      const { registry, base, requests } = checkHostObject(L, 1, CHANGES);
      requirePermission(L, 'registry.apply', 'registry');
      checkCanWait(L);
      spend(L, requests.length * COST.entry);
      const applied = registry.apply([...requests], { base });
      return suspendOn(L, applied, (inner, number) => pushVersion(inner, registry, number));
    },
  },
});

const HISTORY: HostType<History> = defineType<History>({
  name: 'registry.History',
  methods: {
    versions: (L) => pushVersions(L, checkHostObject(L, 1, HISTORY).registry),
    get_version(L) {
      const { registry } = checkHostObject(L, 1, HISTORY);
      return pushVersion(L, registry, registry.snapshot(checkInteger(L, 2)).version);
    },
    snapshot_at(L) {
      const { registry } = checkHostObject(L, 1, HISTORY);
      return pushSnapshot(L, registry, readVersion(L, 2));
    },
  },
});

/** Adds a create or update and returns the collector, so that calls can be chained. */
function collectWrite(L: LuaState, operation: 'create' | 'update'): number {
  const { requests } = checkHostObject(L, 1, CHANGES);
  checkTable(L, 2);
  requests.push({ operation, entry: readEntryTable(valueAt(L, 2)) });
  pushValue(L, 1);
  return 1;
}

function toOperation(request: ChangeRequest): { kind: string; entry: LuaValue } {
  const kind = `entry.${request.operation}`;
  if (request.operation === 'delete') return { kind, entry: fromHost({ id: request.id }) };
  const entry = 'written' in request.entry ? request.entry : createEntry(request.entry);
  return { kind, entry: toEntryTable(entry) };
}

/** Entries of a snapshot, of a version, or of a list of entry tables. */
function readEntries(L: LuaState, index: number): readonly Entry[] {
  const object = toHostObject(L, index);
  if (object instanceof SnapshotObject) return object.snapshot.all();
  if (object instanceof Version) return object.registry.snapshot(object.number).all();
  checkTable(L, index);
  const items = toArray(valueAt(L, index));
  if (items === undefined) return typeError(L, index, 'list of entries');
  return items.map((item) => createEntry(readEntryTable(item)));
}

function readVersion(L: LuaState, index: number): number {
  const object = toHostObject(L, index);
  if (object instanceof Version) return object.number;
  const number = checkInteger(L, index);
  if (number < 0) throw versionInvalid(number);
  return number;
}

function versionInvalid(number: number): HubError {
  return new HubError('MH_REGISTRY_VERSION_INVALID', {
    message: `Cannot find a registry version: expected a positive number, got ${number}`,
  });
}

function pushEntry(L: LuaState, source: Pick<Registry, 'get'>, id: string): number {
  if (id === '') {
    throw new HubError('MH_REGISTRY_ID_INVALID', { message: 'Cannot read an entry: the ID is empty' });
  }
  requirePermission(L, 'registry.get', id);
  const entry = source.get(id);
  if (entry === undefined) {
    throw new HubError('MH_REGISTRY_ENTRY_NOT_FOUND', { message: `Cannot read entry '${id}': not found` });
  }
  pushOwned(L, toEntryTable(entry));
  return 1;
}

function pushFound(L: LuaState, source: Pick<Registry, 'all' | 'find'>, index: number): number {
  const type = typeOf(L, index);
  if (type === 'none' || type === 'nil') {
    return pushEntries(L, source.all());
  }
  checkTable(L, index);
  const meter = (steps: number): void => spend(L, steps * COST.entryTest);
  return pushEntries(L, source.find(readFilter(valueAt(L, index)), meter));
}

/** The entries the program may read. */
function pushEntries(L: LuaState, entries: readonly Entry[]): number {
  spend(L, entries.length);
  pushOwned(L, toEntryList(entries.filter((entry) => isPermitted(L, 'registry.get', entry.id))));
  return 1;
}

function pushSnapshot(L: LuaState, registry: Registry, number: number): number {
  pushHostObject(L, new SnapshotObject(registry, registry.snapshot(number)), SNAPSHOT);
  return 1;
}

function pushVersion(L: LuaState, registry: Registry, number: number): number {
  pushHostObject(L, new Version(registry, number), VERSION);
  return 1;
}

function pushOptionalVersion(L: LuaState, version: Version | undefined): number {
  if (version === undefined) pushNil(L);
  else pushHostObject(L, version, VERSION);
  return 1;
}

function pushVersions(L: LuaState, registry: Registry): number {
  const versions = registry.versions().map((number) => hostObject(new Version(registry, number), VERSION));
  pushOwned(L, tableFromArray(versions));
  return 1;
}
