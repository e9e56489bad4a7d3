-- process.md § 9.5, § 14.1-14.2: a function call can be a target, is linked and monitored like a process.
-- @modules funcs, time
local time = require("time")
local inbox, events = process.inbox(), process.events()
process.registry.register("parent")
local future = funcs.async("test:fn", "wait")
local pid = inbox:receive():from()
assert(pid:match("^{test:fn|0x"), pid)
assert(process.monitor(pid) == true and process.registry.lookup("call") == pid)
assert(process.terminate(pid) == true)
local event = events:receive()
assert(event.kind == process.event.EXIT and event.from == pid and event.result.error:message() == "process terminated")
local err = future:response():receive()
assert(err:message() == "process terminated" and err:kind() == "Internal", tostring(err))
assert(process.registry.lookup("call") == nil, "its names ended with it")
-- LINK_DOWN without trap_links fails the call
local value
value, err = funcs.call("test:fn", "link")
assert(value == nil and err:message() == "linked process failed", tostring(err))
-- options of a call
value, err = funcs.call("test:fn", "options")
assert(value == "true false", tostring(err))
-- after it returned, its PID is gone
value = funcs.call("test:fn", "pid")
local ok
ok, err = process.send(value, "t")
assert(ok == nil and err:kind() == "NotFound")
-- a caller that goes away: Canceled
future = funcs.async("test:fn", "wait")
pid = inbox:receive():from()
process.monitor(pid)
future:cancel()
event = events:receive()
assert(event.from == pid and event.result.error:kind() == "Canceled", tostring(event.result.error))
-- @entry test:fn
-- @kind function.lua
-- @modules time
local case = ...
if case == "wait" then
  process.registry.register("call")
  process.send("parent", "started")
  process.inbox():receive()
elseif case == "link" then
  process.spawn_linked("test:fails", "app:host")
  pcall(function() process.inbox():receive() end)
  return "survived"
elseif case == "options" then
  assert(process.set_options{trap_links = true})
  local o = process.get_options()
  return tostring(o.trap_links) .. " " .. tostring(o.upgradable)
else return process.pid() end
-- @entry test:fails
error("x")
