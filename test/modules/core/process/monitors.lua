-- process.md § 8.1-8.3, 8.5.
local events = process.events()
local function watch(...) return process.spawn("test:child", "app:host", ...) end
local pid = watch("wait")
assert(process.monitor(pid) == true)
local ok, err = process.monitor(pid)
assert(ok == nil and err:kind() == "AlreadyExists", tostring(err))
process.send(pid, "go")
local event = events:receive()
assert(event.from == pid and event.kind == "pid.exit" and event.result.value == "went")
assert(event.error == nil and event.value == nil and event.type == nil, "nothing at the top level (§ 7.2)")
assert(channel.select{events:case_receive(), default = true}.default, "still one EXIT")
ok, err = process.monitor(pid)
assert(ok == nil and err:kind() == "NotFound", "no EXIT of the dead")
assert(process.unmonitor(pid) == true, "nor of what is not monitored")
pid = watch("wait")
process.monitor(pid)
assert(process.unmonitor(pid) == true and process.unmonitor(pid) == true)
process.send(pid, "go")
local other = process.spawn_monitored("test:child", "app:host", "end")
assert(events:receive().from == other, "no EXIT after unmonitor")
-- an EXIT that is queued already is not withdrawn
other = process.spawn_monitored("test:child", "app:host", "end")
coroutine.yield()
require("time").sleep("1ms")
assert(process.unmonitor(other) == true)
assert(events:receive().from == other, "it was queued")
-- a monitor alone never kills
assert(process.spawn_monitored("test:child", "app:host", "raise"))
event = events:receive()
assert(event.result.value == nil and type(event.result.error) == "userdata")
-- @modules time
-- @entry test:child
local case = ...
if case == "wait" then process.inbox():receive() return "went" end
if case == "raise" then error("boom") end
