import { expect, it } from 'vitest';
import { createRegistryModule } from '../../../src/modules/registry/lua.ts';
import { createEntry, KindTable, REGISTRY_KINDS, Registry } from '../../../src/registry/index.ts';
import { bootLua, resultOf } from '../../support/lua-world.ts';

function registryOf(entries: Parameters<typeof createEntry>[0][]): Registry {
  return new Registry(
    entries.map((entry) => createEntry(entry)),
    { kinds: new KindTable([...REGISTRY_KINDS]) },
  );
}

const ENTRIES = [
  {
    id: 'app:a',
    kind: 'registry.entry',
    meta: { type: 'x', tags: ['a', 'b'], path: '/api/a' },
    data: { n: 1 },
  },
  { id: 'app:b', kind: 'registry.entry', meta: { type: 'y', tags: ['a'], path: '/web' }, data: {} },
  { id: 'other:c', kind: 'ns.definition', meta: {}, data: {} },
];

async function run(registry: Registry, body: string): Promise<void> {
  const world = bootLua(
    {
      'app:main': {
        source: `local registry = require("registry")\nlocal function main()\n${body}\nend\nreturn main`,
        modules: ['registry', 'json'],
      },
    },
    { modules: [createRegistryModule(() => registry)] },
  );
  resultOf(await world.run('app:main'));
}

it('registry.get() gives a fresh table, NOT_FOUND otherwise (modules.md § 2)', async () => {
  await run(
    registryOf(ENTRIES),
    `local e = registry.get("app:a")
     assert(e.id == "app:a" and e.kind == "registry.entry" and e.meta.tags[2] == "b" and e.data.n == 1)
     e.meta.tags[1] = "mine"
     assert(registry.get("app:a").meta.tags[1] == "a", "fresh on every read")
     local v, err = registry.get("app:none")
     assert(v == nil and err:kind() == errors.NOT_FOUND)
     v, err = registry.get("none")
     assert(v == nil and err:kind() == errors.NOT_FOUND)
     v, err = registry.get("")
     assert(v == nil and err:kind() == errors.INVALID)`,
  );
});

it('registry.find() takes every form of filter (modules.md § 2, § 33)', async () => {
  await run(
    registryOf(ENTRIES),
    `local function ids(filter)
       local list = {}
       for i, e in ipairs(assert(registry.find(filter))) do list[i] = e.id end
       return table.concat(list, " ")
     end
     local function is(filter, expected) local got = ids(filter); assert(got == expected, "got " .. got) end
     is(nil, "app:a app:b other:c")
     is({}, "app:a app:b other:c")
     is({kind = "registry.entry"}, "app:a app:b")
     is({[".kind"] = "registry.*"}, "app:a app:b")
     is({[".kind"] = "registry.entry", ["meta.type"] = "x"}, "app:a")
     is({["^meta.path"] = "/api"}, "app:a")
     is({["$meta.path"] = "web"}, "app:b")
     is({["*meta.path"] = "e"}, "app:b")
     is({["~meta.path"] = "^/(api|none)/"}, "app:a")
     is({["meta.tags"] = {"a", "b"}}, "app:a")
     is({["*meta.tags"] = "b"}, "app:a")
     is({meta = {type = "y"}}, "app:b")
     is({type = "y"}, "app:b")
     is({namespace = "other"}, "other:c")
     is({[".ns"] = "o*"}, "other:c")
     local v, err = registry.find({["~meta.path"] = "("})
     assert(v == nil and err:kind() == errors.INVALID)
     assert(not pcall(registry.find, "x"))`,
  );
});

it('registry changes make versions that can be gone back to (modules.md § 33)', async () => {
  const registry = registryOf([]);
  await run(
    registry,
    `assert(registry.current_version():id() == 0 and registry.current_version():string() == "v0")
     local v0 = registry.current_version()
     local changes = registry.snapshot():changes()
     assert(changes:create({id = "app:new", kind = "registry.entry", meta = {type = "x"}, data = {list = {1, 2}}})
       == changes, "chainable")
     assert(changes:ops()[1].kind == "entry.create" and changes:ops()[1].entry.id == "app:new")
     local v1 = assert(changes:apply())
     assert(tostring(v1) == "registry.Version{v1}" and v1:previous():id() == 0 and v1:next() == nil)
     local found = registry.find({[".kind"] = "registry.entry", ["meta.type"] = "x"})
     assert(#found == 1 and found[1].data.list[2] == 2)
     assert(#registry.versions() == 2 and v0:next():id() == 1)

     local old = registry.snapshot()
     assert(registry.snapshot():changes():update({ns = "app", name = "new", kind = "registry.entry", data = {n = 2}}):apply())
     assert(registry.get("app:new").data.n == 2 and old:get("app:new").data.n == nil, "a snapshot is fixed")
     local delta = registry.build_delta(old, registry.snapshot())
     assert(#delta == 1 and delta[1].kind == "entry.update" and delta[1].entry.data.n == 2)
     local nothing, collision = old:changes():create({id = "app:new", kind = "registry.entry"}):apply()
     assert(nothing == nil and collision:kind() == errors.ALREADY_EXISTS, "collides, whatever the base")
     assert(tostring(collision):find("app:new.* at v2.* from v1"), tostring(collision))
     assert(old:version():id() == 1 and #old:entries() == 1 and #old:namespace("app") == 1)

     assert(registry.apply_version(v0) == true)
     local gone, err = registry.get("app:new")
     assert(gone == nil and err:kind() == errors.NOT_FOUND and registry.current_version():id() == 0)
     assert(#registry.history():versions() == 3)
     assert(registry.history():snapshot_at(v1):get("app:new").meta.type == "x")
     assert(registry.snapshot_at(2):get("app:new").data.n == 2)`,
  );
  expect(registry.version).toBe(0);
});

it('registry refuses changes that make no sense and changes nothing then', async () => {
  const registry = registryOf(ENTRIES);
  await run(
    registry,
    `local function invalid(kind, value, err)
       assert(value == nil and err:kind() == kind, tostring(err))
     end
     local function changes() return registry.snapshot():changes() end
     invalid(errors.INVALID, changes():apply())
     invalid(errors.INVALID, changes():create({id = "app:x"}))
     invalid(errors.INVALID, changes():create({id = "noname", kind = "registry.entry"}))
     invalid(errors.INVALID, changes():create({kind = "registry.entry"}))
     invalid(errors.INVALID, changes():create({id = "app:x", kind = "registry.entry", data = {f = print}}))
     invalid(errors.ALREADY_EXISTS, changes():create({id = "app:a", kind = "registry.entry"}):apply())
     invalid(errors.NOT_FOUND, changes():delete({ns = "app", name = "none"}):apply())
     invalid(errors.INVALID, registry.snapshot_at(0))
     invalid(errors.NOT_FOUND, registry.snapshot_at(99))
     invalid(errors.NOT_FOUND, registry.apply_version(99))
     local cycle = {}
     cycle.self = cycle
     invalid(errors.INVALID, changes():create({id = "app:x", kind = "registry.entry", data = cycle}))
     assert(registry.current_version():id() == 0)
     local id = registry.parse_id("app.ns:name")
     assert(id.ns == "app.ns" and id.name == "name")`,
  );
});
