-- process.md § 12.4-12.6: what an upgrade keeps and what it drops.
-- @modules time
local time = require("time")
local events = process.events()
local pid = assert(process.with_context{v = "kept"}:spawn_monitored("test:old", "app:host", process.pid()))
local inbox = process.inbox()
assert(inbox:receive():topic() == "ready")
process.send(pid, "topic", 1)
process.send(pid, "other", 2)
process.send(pid, "go")
local report = inbox:receive():payload():data()
assert(report.pid == pid and report.id == "test:new" and report.ctx == "kept")
assert(report.trap == true and report.upgradable == true, "options are kept")
assert(report.global == nil, "globals are not")
assert(report.order == "topic1 other2", report.order)
assert(report.arg1 == nil and report.arg2 == "two", "nils among the arguments")
assert(process.registry.lookup("kept") == pid)
time.sleep("100ms")
assert(channel.select{inbox:case_receive(), default = true}.default, "its timers and coroutines are gone")
-- links are kept: the linked child's end still reaches it
process.send(pid, "break link")
assert(inbox:receive():payload():data() == "pid.link.down")
process.send(pid, "end")
local event = events:receive()
assert(event.from == pid and event.result.value == "end")
-- refusals
for _, bad in ipairs{false, {}, print, 5} do
  local ok, err = pcall(process.upgrade, bad)
  assert(not ok and err:find("bad argument #1", 1, true), tostring(err))
end
assert(not pcall(process.upgrade, nil, print), "unsendable arguments raise")
for id, text in pairs{["test:broken"] = "boom", ["test:nowhere"] = "test:nowhere", ["none"] = "none", ["test:lib"] = "test:lib"} do
  pid = assert(process.spawn_linked_monitored("test:upgrader", "app:host", id))
  process.set_options{trap_links = true}
  event = events:receive()
  assert(event.from == pid and string.find(event.result.error:message(), "^upgrade:"), tostring(event.result.error))
  assert(string.find(event.result.error, text, 1, true), tostring(event.result.error))
  assert(events:receive().kind == process.event.LINK_DOWN, "abnormally")
end
-- @entry test:upgrader
local id = ...
coroutine.spawn(function() process.upgrade(id) end)
-- @entry test:lib
-- @kind library.lua
return {}
-- @entry test:broken
-- @chunk
error("boom")
-- @entry test:old
-- @modules time
local parent = ...
mine = "global"
process.set_options{trap_links = true, upgradable = true}
process.registry.register("kept")
process.spawn_linked("test:linked", "app:host", "old")
process.listen("topic")
local inbox = process.inbox()
coroutine.spawn(function() time.sleep("20ms") process.send(parent, "late", 1) end)
process.send(parent, "ready")
local go = process.listen("go")
go:receive()
time.after("10ms")
coroutine.spawn(function() pcall(process.upgrade, "test:new", nil, "two") error("never") end)
error("never")
-- @entry test:new
-- @modules ctx
local arg1, arg2 = ...
local o = process.get_options()
local a, b = process.inbox():receive(), process.inbox():receive()
local first = process.registry.lookup("test") or ""
process.send(a:from(), "report", {
  pid = process.pid(), id = process.id(), ctx = ctx.get("v"), trap = o.trap_links, upgradable = o.upgradable,
  global = mine, arg1 = arg1, arg2 = arg2,
  order = a:topic() .. a:payload():data() .. " " .. b:topic() .. b:payload():data(),
})
process.inbox():receive()
process.send("linked", "fail")
process.send(a:from(), "event", process.events():receive().kind)
process.inbox():receive()
return "end"
-- @entry test:linked
process.registry.register("linked")
process.inbox():receive()
error("link")
