-- process.md § 7, § 5.8: events come from the host alone; user topics cannot reach subscriptions of the host.
-- @modules time, events, funcs
local me = process.pid()
local evs, inbox = process.events(), process.inbox()
for _, topic in ipairs{"pid.cancel", "pid.exit", "pid.link.down", "pid.outdated", "events", "inbox"} do
  assert(process.send(me, topic, {kind = topic, from = "x"}))
  assert(inbox:receive():topic() == topic, "an ordinary message")
end
assert(channel.select{evs:case_receive(), default = true}.default)
local fired = time.after("1h")
local sub = events.subscribe("s")
for _, topic in ipairs{"time.after", "timer", "s", "event", "future"} do process.send(me, topic, 1) inbox:receive() end
assert(channel.select{fired:case_receive(), sub:channel():case_receive(), default = true}.default)
-- CANCEL as it looks
assert(process.cancel(me) == true and process.cancel(me, 12.5) == true and process.cancel(me, "5s") == true)
local e = evs:receive()
assert(e.kind == "pid.cancel" and e.from == me and e.reason == "" and math.type(e.at) == "integer")
assert(evs:receive().reason == "12.5" and evs:receive().reason == "5s", "no deadline")
assert(process.event.CANCEL == "pid.cancel" and process.event.EXIT == "pid.exit")
assert(process.event.LINK_DOWN == "pid.link.down" and process.event.OUTDATED == "pid.outdated")
-- values in results are copied per receiver
local a, b = process.spawn("test:watcher", "app:host", me), process.spawn("test:watcher", "app:host", me)
inbox:receive() inbox:receive()
process.send("value", "end")
assert(inbox:receive():payload():data() == 1 and inbox:receive():payload():data() == 1)
-- @entry test:watcher
local parent = ...
local pid = process.registry.lookup("value") or process.spawn("test:value", "app:host")
process.monitor(pid)
process.send(parent, "ready")
local event = process.events():receive()
local n = event.result.value.list[1]
event.result.value.list[1] = 2
process.send(parent, "seen", n)
-- @entry test:value
-- @chunk
process.registry.register("value")
return function()
  process.inbox():receive()
  return {list = {1}}
end
