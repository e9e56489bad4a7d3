/** `require("store")` (`modules.md` § 6). */
import { HubError, tryParseDurationNs } from '../../base/index.ts';
import {
  checkString,
  copyArgument,
  defineModule,
  defineType,
  fromHost,
  type LuaModule,
  requirePermission,
  unwrapPayload,
} from '../../lua/index.ts';
import {
  checkHostObject,
  copyValue,
  getField,
  type HostType,
  type LuaState,
  type LuaValue,
  makeBinary,
  pop,
  pushBoolean,
  pushHostObject,
  pushOwned,
  tableFromArray,
  tableFromEntries,
  toBinary,
  toBoolean,
  toNumber,
  toText,
  typeError,
  typeOf,
} from '../../vm/index.ts';
import type { MemoryStore, StoreEntry } from './memory-store.ts';
import type { Stores } from './stores.ts';

const LIST_LIMIT = 100;
const LIST_LIMIT_MAX = 1000;

/** Makes the `store` module. */
export function createStoreModule(stores: Stores): LuaModule {
  return defineModule({
    name: 'store',
    reach: { get: 'reads' },
    functions: {
      get(L) {
        const id = checkString(L, 1);
        if (id === '') throw argumentInvalid('open a store', 'its ID is empty');
        requirePermission(L, 'store.get', id);
        pushHostObject(L, new StoreHandle(stores.get(id)), STORE);
        return 1;
      },
    },
    constants: {
      backend: { MEMORY: 'memory', SQL: 'sql', KV_RAFT: 'kv_raft', KV_CRDT: 'kv_crdt', UNKNOWN: 'unknown' },
      consistency: {
        LINEARIZABLE: 'linearizable',
        EVENTUAL: 'eventual',
        LOCAL: 'local',
        UNKNOWN: 'unknown',
      },
    },
  });
}

/** What a program holds; unusable once released. */
class StoreHandle {
  #store: MemoryStore<LuaValue> | undefined;

  constructor(store: MemoryStore<LuaValue>) {
    this.#store = store;
  }

  get isReleased(): boolean {
    return this.#store === undefined;
  }

  get store(): MemoryStore<LuaValue> {
    if (this.#store !== undefined) return this.#store;
    throw argumentInvalid('use the store', 'it was released');
  }

  release(): void {
    this.#store = undefined;
  }
}

const STORE: HostType<StoreHandle> = defineType<StoreHandle>({
  name: 'store.Store',
  reach: {
    get: 'reads',
    entry: 'reads',
    has: 'reads',
    list: 'reads',
    delete: 'acts',
    set: 'acts',
    put: 'depends',
  },
  methods: {
    get(L) {
      const { store, key } = open(L, 'get');
      pushOwned(L, copyValue(found(store, key).value));
      return 1;
    },
    entry(L) {
      const { store, key } = open(L, 'get');
      pushOwned(L, toTable(found(store, key)));
      return 1;
    },
    has(L) {
      const { store, key } = open(L, 'has');
      pushBoolean(L, store.get(key) !== undefined);
      return 1;
    },
    delete(L) {
      const { store, key } = open(L, 'delete');
      pushBoolean(L, store.delete(key));
      return 1;
    },
    set(L) {
      const { store, key } = open(L, 'set');
      store.put(key, checkValue(L), { ttlMs: readTtlMs(L, 4) });
      pushBoolean(L, true);
      return 1;
    },
    put(L) {
      const { store, key } = open(L, 'set');
      pushOwned(L, toTable(store.put(key, checkValue(L), readPutOptions(L, 4))));
      return 1;
    },
    list,
    info(L) {
      const { store } = checkHostObject(L, 1, STORE);
      pushOwned(
        L,
        fromHost({
          id: store.id,
          backend: 'memory',
          consistency: 'local',
          durable: false,
          list: true,
          versioned: true,
          conditional_put: true,
          ttl: true,
        }),
      );
      return 1;
    },
    release(L) {
      checkHostObject(L, 1, STORE).release();
      pushBoolean(L, true);
      return 1;
    },
  },
  tostring: (handle) => (handle.isReleased ? 'store.Store{released}' : 'store.Store{}'),
});

/** Store and key of a method call. Keys are byte strings, here as binary text. */
function open(L: LuaState, verb: string): { store: MemoryStore<LuaValue>; key: string } {
  const { store } = checkHostObject(L, 1, STORE);
  requirePermission(L, `store.key.${verb}`, store.id, { meta: { key: checkString(L, 2) } });
  const key = toBinary(L, 2)!;
  if (key === '') throw argumentInvalid('use a store', 'the key is empty');
  return { store, key };
}

function found(store: MemoryStore<LuaValue>, key: string): StoreEntry<LuaValue> {
  const entry = store.get(key);
  if (entry !== undefined) return entry;
  throw new HubError('MH_STORE_NOT_FOUND', { message: `Cannot read '${key}' in '${store.id}': not found` });
}

function list(L: LuaState): number {
  const { store } = checkHostObject(L, 1, STORE);
  const prefix = readField(L, 2, 'prefix', 'string', (at) => toBinary(L, at)!) ?? '';
  const after = readField(L, 2, 'after', 'string', (at) => toBinary(L, at)!) ?? '';
  const limit = readField(L, 2, 'limit', 'number', (at) => toNumber(L, at)!) ?? LIST_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_LIMIT_MAX) {
    throw argumentInvalid('list a store', `expected a limit from 1 to ${LIST_LIMIT_MAX}, got ${limit}`);
  }
  requirePermission(L, 'store.key.list', store.id, { meta: { prefix } });
  const { items, hasMore } = store.list({ prefix, after, limit });
  const cursor = items.at(-1)?.key ?? after;
  pushOwned(
    L,
    tableFromEntries(
      ['items', 'cursor', 'has_more'],
      [tableFromArray(items.map(toTable)), makeBinary(cursor), fromHost(hasMore)],
    ),
  );
  return 1;
}

function toTable(entry: StoreEntry<LuaValue>): LuaValue {
  return tableFromEntries(
    ['key', 'value', 'version'],
    [makeBinary(entry.key), copyValue(entry.value), fromHost(String(entry.version))],
  );
}

function checkValue(L: LuaState): LuaValue {
  const type = typeOf(L, 3);
  if (type === 'nil' || type === 'none')
    throw argumentInvalid('store a value', 'it is nil; use delete to remove a key');
  return unwrapPayload(copyArgument(L, 3, 1));
}

function readPutOptions(L: LuaState, index: number) {
  const onlyIfAbsent = readField(L, index, 'only_if_absent', 'boolean', (at) => toBoolean(L, at)) ?? false;
  const ifVersion = readField(L, index, 'if_version', 'string', (at) => toText(L, at)!);
  if (onlyIfAbsent && ifVersion !== undefined) {
    throw argumentInvalid('store a value', 'only_if_absent and if_version exclude each other');
  }
  if (typeOf(L, index) !== 'table') return {};
  getField(L, index, 'ttl');
  const ttlMs = readTtlMs(L, -1);
  pop(L, 1);
  return { ttlMs, onlyIfAbsent, ifVersion };
}

/** Seconds as a number, or a duration as text; `undefined` = for ever. */
function readTtlMs(L: LuaState, index: number): number | undefined {
  switch (typeOf(L, index)) {
    case 'none':
    case 'nil':
      return undefined;
    case 'number': {
      const seconds = toNumber(L, index)!;
      if (seconds > 0) return seconds * 1000;
      break;
    }
    case 'string': {
      const ns = tryParseDurationNs(toText(L, index)!, { days: true });
      if (ns !== undefined && ns > 0) return ns / 1e6;
      break;
    }
    default:
      return typeError(L, index, 'number');
  }
  throw argumentInvalid('store a value', 'its time to live must be positive');
}

function readField<T>(
  L: LuaState,
  index: number,
  name: string,
  expected: string,
  read: (at: number) => T,
): T | undefined {
  const type = typeOf(L, index);
  if (type === 'none' || type === 'nil') return undefined;
  if (type !== 'table') return typeError(L, index, 'table');
  const fieldType = getField(L, index, name);
  try {
    if (fieldType === 'nil') return undefined;
    if (fieldType === expected) return read(-1);
    throw argumentInvalid('use a store', `expected '${name}' to be a ${expected}, got a ${fieldType}`);
  } finally {
    pop(L, 1);
  }
}

function argumentInvalid(verb: string, fact: string): HubError {
  return new HubError('MH_STORE_ARGUMENT_INVALID', { message: `Cannot ${verb}: ${fact}` });
}
