-- process.md Checks 7.
local pid = process.spawn_monitored("test:child", "app:host", process.pid())
local inbox = process.inbox()
assert(process.cancel(pid, "please"))
process.send(pid, "ping")
assert(inbox:receive():topic() == "pong", "it keeps answering")
assert(process.terminate(pid))
local event = process.events():receive()
assert(event.result.error:message() == "process terminated" and event.result.error:kind() == "Internal")
assert(event.result.error:retryable() == nil)
-- @entry test:child
local parent = ...
local inbox = process.inbox()
while true do
  inbox:receive()
  process.send(parent, "pong")
end
