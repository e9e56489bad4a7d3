-- process.md Checks 1: messages sent before the first inbox() wait and keep their order.
-- @modules time
local pid = assert(process.spawn("test:child", "app:host", process.pid()))
for i = 1, 3 do assert(process.send(pid, "t", i)) end
local msg = process.inbox():receive()
assert(msg:topic() == "done" and msg:payload():data() == "123", "the child reads 1, 2, 3")
-- @entry test:child
-- @modules time
local parent = ...
time.sleep("50ms")
local inbox, seen = process.inbox(), ""
for _ = 1, 3 do seen = seen .. inbox:receive():payload():data() end
process.send(parent, "done", seen)
