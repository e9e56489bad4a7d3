-- process.md § 8, § 14.1: links and monitors between calls and processes work both ways.
-- @modules funcs
process.registry.register("parent")
local inbox, events = process.inbox(), process.events()
process.set_options{trap_links = true}
local future = funcs.async("test:fn")
local pid = inbox:receive():from()
assert(process.link(pid) and process.monitor(pid))
process.send(pid, "fail")
local exit, down = events:receive(), events:receive()
assert(exit.kind == process.event.EXIT and down.kind == process.event.LINK_DOWN and down.result.error:message() == "why")
assert(future:response():receive():message() == "why")
future = funcs.async("test:fn")
pid = inbox:receive():from()
process.link(pid)
process.monitor(pid)
process.send(pid, "return")
exit = events:receive()
assert(exit.result.value == "ok" and channel.select{events:case_receive(), default = true}.default, "a normal end breaks no link")
-- @entry test:fn
-- @kind function.lua
process.send("parent", "started")
if process.inbox():receive():topic() == "fail" then return nil, "why" end
return "ok"
