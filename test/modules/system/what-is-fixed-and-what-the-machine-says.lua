-- modules.md § 22: memory, gc, runtime and raft need nothing of the hub; what this runtime does not have is fixed.
-- @modules system
local stats = system.memory.stats()
for _, key in ipairs{
  "alloc", "total_alloc", "sys", "heap_alloc", "heap_sys", "heap_idle", "heap_in_use", "heap_released", "heap_objects",
  "stack_in_use", "stack_sys", "mspan_in_use", "mspan_sys", "num_gc", "next_gc",
} do assert(math.type(stats[key]) == "integer" and stats[key] >= 0, key) end
assert(stats.heap_alloc > 0 and stats.sys > 0 and stats.heap_idle == stats.heap_sys - stats.heap_in_use)
assert(system.memory.allocated() > 0 and system.memory.heap_objects() == 0)

local before = system.memory.get_limit()
assert(before > 0 and system.memory.set_limit(1000) == before and system.memory.get_limit() == 1000)
assert(system.memory.set_limit(before) == 1000)
local none, refusal = system.memory.set_limit(-1)
assert(none == nil and refusal:kind() == errors.INVALID and system.memory.get_limit() == before)

assert(system.gc.collect() == true)
assert(system.gc.set_percent(50) == 100 and system.gc.get_percent() == 50 and system.gc.set_percent(100) == 50)

assert(system.runtime.max_procs() == 1 and system.runtime.max_procs(8) == 1 and system.runtime.cpu_count() >= 1)
assert(system.process.hostname() ~= "")
assert(system.cluster.leader() == "" and system.cluster.size() == 1)
assert(system.raft.is_leader() == false and system.raft.is_member() == false and system.raft.role() == "non-member")
assert(system.raft.term() == 0 and system.raft.commit_index() == 0 and next(system.raft.stats()) == nil)

-- arguments: a wrong type raises, a wrong value is INVALID
for _, name in ipairs{"", string.rep("n", 257)} do
  local taken, err = system.lock.acquire(name)
  assert(taken == nil and err:kind() == errors.INVALID)
  local released, other = system.lock.release(name)
  assert(released == nil and other:kind() == errors.INVALID)
end
for _, code in ipairs{-1, 256} do
  local done, err = system.exit(code)
  assert(done == nil and err:kind() == errors.INVALID)
end
for _, f in ipairs{
  system.lock.acquire, system.lock.release, system.memory.set_limit, system.gc.set_percent, system.hosts.processes, system.supervisor.state,
} do assert(not pcall(f) and not pcall(f, {})) end
assert(not pcall(system.exit, {}) and not pcall(system.exit, 1.5) and not pcall(system.runtime.max_procs, "x"))
assert(not pcall(function() system.gc.collect = nil end), "read-only")
