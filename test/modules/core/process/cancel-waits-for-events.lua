-- process.md Checks 8.
local pid = process.spawn_monitored("test:child", "app:host")
process.cancel(pid, 7)
assert(process.events():receive().result.value == "7")
-- @entry test:child
-- @modules time
time.sleep("5ms")
local event = process.events():receive()
assert(event.kind == process.event.CANCEL)
return event.reason
