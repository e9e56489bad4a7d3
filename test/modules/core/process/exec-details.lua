-- process.md § 9.7: others run while exec waits; the child outlives its caller; errors keep kind and message.
-- @modules time
local time = require("time")
process.registry.register("parent")
local ticks = 0
coroutine.spawn(function() while true do time.sleep("1ms") ticks = ticks + 1 end end)
assert(process.exec("test:child", "app:host", "slow") == "slow" and ticks >= 10, "others ran: " .. ticks)
local v, err = process.exec("test:child", "app:host", "fails")
assert(v == nil and err:kind() == "Conflict" and err:message() == "m" and err:details().n == 1)
assert(select("#", process.exec("test:child", "app:host", "nothing")) == 2, "nil, nil")
v, err = process.exec("test:broken", "app:host")
assert(v == nil and err:kind() == "Internal" and string.find(err, "not load"))
local middle = process.spawn("test:middle", "app:host")
local inbox = process.inbox()
assert(inbox:receive():topic() == "started")
process.terminate(middle)
assert(inbox:receive():topic() == "finished", "the child goes on without its caller")
assert(channel.select{process.events():case_receive(), default = true}.default)
-- @entry test:middle
process.exec("test:child", "app:host", "report")
-- @entry test:broken
-- @chunk
error("not load")
-- @entry test:child
-- @modules time
local case = ...
if case == "slow" then time.sleep("20ms") return case end
if case == "fails" then return nil, errors.new{message = "m", kind = errors.CONFLICT, details = {n = 1}} end
if case == "report" then
  process.send("parent", "started")
  time.sleep("20ms")
  process.send("parent", "finished")
end
