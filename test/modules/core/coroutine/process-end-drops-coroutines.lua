-- concurrency.md Checks 3, process.md Checks 17: a process has no tail.
-- @modules time
process.spawn_monitored("test:child", "app:host", process.pid())
process.events():receive()
time.sleep("50ms")
assert(channel.select{process.inbox():case_receive(), default = true}.default)
-- @entry test:child
-- @modules time
local parent = ...
coroutine.spawn(function()
  time.sleep("10ms")
  process.send(parent, "late")
end)
