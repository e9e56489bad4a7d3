-- process.md Checks 5.
local events = process.events()
process.spawn_monitored("test:a", "app:host", process.pid(), false)
local event = events:receive()
assert(event.result.error:message() == "linked process failed", tostring(event.result.error))
assert(event.result.error:kind() == "Internal")
process.spawn_monitored("test:a", "app:host", process.pid(), true)
event = events:receive()
assert(event.result.value == "trapped", "with trap_links it reads LINK_DOWN")
-- @entry test:a
local parent, trap = ...
process.set_options{trap_links = trap}
local b = process.spawn_linked("test:b", "app:host")
local ok, event = pcall(function() return process.events():receive() end)
if not trap then error("never reached") end
assert(event.kind == process.event.LINK_DOWN and event.from == b)
assert(string.find(event.result.error, "boom"))
return "trapped"
-- @entry test:b
error("boom")
