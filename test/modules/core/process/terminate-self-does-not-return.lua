-- process.md § 9.4.
process.spawn_monitored("test:child", "app:host", process.pid())
local event = process.events():receive()
assert(event.result.error:message() == "process terminated")
assert(channel.select{process.inbox():case_receive(), default = true}.default, "nothing ran after it")
-- @entry test:child
local parent = ...
pcall(process.terminate, process.pid())
process.send(parent, "still here")
