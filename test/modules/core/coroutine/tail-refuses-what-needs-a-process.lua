-- process.md § 14.5: what needs the PID, names or a mailbox is refused in the background; nothing there fails the call.
-- @modules funcs, events
process.registry.register("parent")
local inbox = process.inbox()
assert(funcs.call("test:fn") == "done")
local seen = inbox:receive():payload():data()
for _, name in ipairs{"get_options", "register", "link", "monitor", "self", "spawn_monitored", "spawn_linked", "terminate"} do
  assert(seen[name] == "NotFound", name .. ": " .. tostring(seen[name]))
end
for _, name in ipairs{"inbox", "events", "listen", "subscribe", "bus"} do
  assert(seen[name] == "Internal", name .. ": " .. tostring(seen[name]))
end
assert(seen.upgrade == "Invalid" and seen.set_options == "NotFound")
assert(seen.spawned == true and seen.executed == 1 and seen.called == 1 and seen.canceled == true)
-- @entry test:fn
-- @kind function.lua
-- @modules time, funcs, events
coroutine.spawn(function()
  time.sleep("1ms")
  local function kind(_, err) return err and err:kind() end
  local out = {
    get_options = kind(process.get_options()), set_options = kind(process.set_options{trap_links = true}),
    register = kind(process.registry.register("late")), link = kind(process.link("parent")), monitor = kind(process.monitor("parent")),
    self = kind(process.send(process.pid(), "t")), terminate = kind(process.terminate(process.pid())),
    spawn_monitored = kind(process.spawn_monitored("test:one", "app:host")), spawn_linked = kind(process.spawn_linked("test:one", "app:host")),
    inbox = kind(process.inbox()), events = kind(process.events()), listen = kind(process.listen("t")),
    subscribe = kind(subscribe("t", channel.new())), bus = kind(events.subscribe("s")), upgrade = kind(process.upgrade()),
    spawned = process.spawn("test:one", "app:host") ~= nil, executed = process.exec("test:one", "app:host"),
    called = funcs.async("test:fn1"):channel():receive():data(), canceled = process.cancel("parent"),
  }
  process.send("parent", "seen", out)
end)
return "done"
-- @entry test:one
return 1
-- @entry test:fn1
-- @kind function.lua
return 1
