-- process.md § 12.3-12.5: from any coroutine, under any pcall, several times; events that wait are kept.
local events = process.events()
process.spawn_monitored("test:a", "app:host", 1)
local e = events:receive()
assert(e.result.value == "second", tostring(e.result.error))
local pid = process.spawn_monitored("test:a", "app:host", 3)
process.cancel(pid, "kept")
e = events:receive()
assert(e.from == pid and e.result.value == "kept", tostring(e.result.error))
-- @entry test:a
local n = ...
if n == 1 then
  coroutine.wrap(function() pcall(function() pcall(process.upgrade, "test:a", 2) error("x") end) end)()
  error("y")
end
if n == 2 then return "second" end
if n == 3 then process.upgrade(nil, 4) end
if n == 4 then process.upgrade("", 5) end
return process.events():receive().reason
