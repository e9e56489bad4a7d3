-- process.md Checks 14, § 12.
local pid = process.spawn_monitored("test:child", "app:host", {n = 0})
for i = 1, 3 do process.send(pid, "t", i) end
local result = process.events():receive().result
assert(result.error == nil, tostring(result.error))
assert(result.value.pid == pid and result.value.n == 7 and result.value.sum == 6)
-- @entry test:child
local arg = ...
if arg.n == 0 then
  process.inbox()
  process.registry.register("kept")
  pcall(process.upgrade, nil, {n = 7})
  error("not reached")
end
assert(process.registry.lookup("kept") == process.pid(), "names are kept")
assert(process.id() == "test:child")
local sum, inbox = 0, process.inbox()
for _ = 1, 3 do sum = sum + inbox:receive():payload():data() end
return {pid = process.pid(), n = arg.n, sum = sum}
