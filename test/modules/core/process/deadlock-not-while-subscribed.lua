-- concurrency.md Checks 9: waiting for messages is no deadlock.
-- @modules time
local pid = process.spawn_monitored("test:child", "app:host")
time.sleep("50ms")
assert(process.send(pid, "t"), "it is alive")
process.terminate(pid)
assert(string.find(process.events():receive().result.error, "terminated"))
-- @entry test:child
process.inbox()
channel.new():receive()
