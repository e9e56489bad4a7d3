-- process.md § 2: on the end no more Lua runs, names go before EXIT, unread messages are discarded; children live on.
-- @modules time, funcs
local time = require("time")
local inbox, events = process.inbox(), process.events()
process.registry.register("parent")
local pid = process.spawn_monitored("test:child", "app:host")
for i = 1, 10 do assert(process.send(pid, "unread", i) == true) end
local event = events:receive()
assert(event.from == pid and process.registry.lookup("kid") == nil)
assert(select(2, process.send(pid, "t")):kind() == "NotFound")
time.sleep("100ms")
local r = channel.select{inbox:case_receive(), default = true}
assert(r.value and r.value:topic() == "grandchild", "spawned processes do not die with the spawner")
assert(channel.select{inbox:case_receive(), default = true}.default, "no line of the dropped coroutines ran")
funcs.call("test:fn")
assert(inbox:receive():topic() == "grandchild", "nor with a function that spawned them")
-- an error anywhere ends everything
pid = process.spawn_monitored("test:fails", "app:host")
event = events:receive()
assert(string.find(event.result.error, "in a coroutine"))
time.sleep("50ms")
assert(channel.select{inbox:case_receive(), default = true}.default)
-- @entry test:fn
-- @kind function.lua
process.spawn("test:grandchild", "app:host")
-- @entry test:child
-- @modules time
process.registry.register("kid")
process.spawn("test:grandchild", "app:host")
local guard = setmetatable({}, {__gc = function() process.send("parent", "gc") end, __close = function() process.send("parent", "close") end})
coroutine.spawn(function() pcall(time.sleep, "10ms") process.send("parent", "ran on", tostring(guard)) end)
coroutine.spawn(function() pcall(function() process.inbox():receive() end) time.sleep("5ms") process.send("parent", "ran on") end)
time.sleep("1ms")
-- @entry test:grandchild
-- @modules time
time.sleep("20ms")
process.send("parent", "grandchild")
-- @entry test:fails
-- @modules time
coroutine.spawn(function() time.sleep("1ms") error("in a coroutine") end)
coroutine.spawn(function() time.sleep("5ms") process.send("parent", "late") end)
pcall(function() process.inbox():receive() end)
process.send("parent", "late")
