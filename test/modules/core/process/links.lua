-- process.md § 8.2, 8.4-8.6, 8.8-8.9.
-- @modules time
local time = require("time")
local events = process.events()
local function child(...) return assert(process.spawn("test:child", "app:host", ...)) end
assert(process.link(process.pid()) == true, "to itself: no effect")
local ok, err = process.link("{app:host|0xfffff}")
assert(ok == nil and err:kind() == "NotFound")
assert(process.unlink("{app:host|0xfffff}") == true)
process.set_options{trap_links = true}
-- twice is once, both ways
local pid = child("fail")
assert(process.link(pid) == true and process.link(pid) == true)
process.send(pid, "go")
local event = events:receive()
assert(event.kind == process.event.LINK_DOWN and event.kind == "pid.link.down" and event.from == pid)
assert(event.result.value == nil and event.result.error:message() == "why")
assert(channel.select{events:case_receive(), default = true}.default, "one LINK_DOWN")
-- unlink from the other side
pid = child("fail")
process.link(pid)
assert(process.unlink(pid) == true and process.unlink(pid) == true)
process.send(pid, "go")
time.sleep("5ms")
assert(channel.select{events:case_receive(), default = true}.default, "no link, no LINK_DOWN")
-- both: EXIT first, then LINK_DOWN
pid = assert(process.spawn_linked_monitored("test:child", "app:host", "fail"))
process.send(pid, "go")
local first, second = events:receive(), events:receive()
assert(first.kind == process.event.EXIT and second.kind == process.event.LINK_DOWN and first.from == second.from)
-- a normal end breaks nothing
pid = assert(process.spawn_linked("test:child", "app:host", "normal"))
process.send(pid, "go")
time.sleep("5ms")
assert(channel.select{events:case_receive(), default = true}.default)
-- terminate is abnormal
pid = assert(process.spawn_linked("test:child", "app:host", "normal"))
process.terminate(pid)
assert(events:receive().result.error:message() == "process terminated")
-- trap_links = false while a LINK_DOWN is unread kills, whatever pcall says
pid = assert(process.spawn_monitored("test:switch", "app:host"))
event = events:receive()
assert(event.from == pid and event.result.error:message() == "linked process failed")
assert(event.result.error:kind() == "Internal" and event.result.error:retryable() == nil)
-- @entry test:child
local case = ...
process.inbox():receive()
if case == "fail" then return nil, "why" end
return 1
-- @entry test:switch
-- @modules time
process.set_options{trap_links = true}
local pid = process.spawn_linked("test:child", "app:host", "fail")
process.send(pid, "go")
require("time").sleep("5ms")
pcall(process.set_options, {trap_links = false})
return "not reached"
