-- process.md § 8.4-8.9, § 11.7: links and monitors by name, after spawn_linked, switched and unlinked.
-- @modules time
local events = process.events()
process.set_options{trap_links = true}
-- spawn_linked_monitored of a child that ends at once
local pid = process.spawn_linked_monitored("test:child", "app:host", "raise")
local a, b = events:receive(), events:receive()
assert(a.kind == "pid.exit" and b.kind == "pid.link.down" and a.from == pid and b.from == pid)
assert(a.result.error:message() == b.result.error:message())
-- link to one already linked by spawn
pid = process.spawn_linked("test:child", "app:host", "wait")
assert(process.link(pid) == true)
assert(process.unlink(pid) == true)
process.terminate(pid)
time.sleep("1ms")
assert(channel.select{events:case_receive(), default = true}.default, "one unlink is enough")
-- link by name, monitor by name: the PID behind it now
pid = process.spawn("test:child", "app:host", "named")
time.sleep("1ms")
assert(process.monitor("kid") == true and process.link("kid") == true)
assert(process.registry.unregister("kid") == true)
assert(process.registry.register("kid") == true, "the name is mine now")
process.terminate(pid)
a, b = events:receive(), events:receive()
assert(a.from == pid and b.from == pid)
-- trap off: dies; the peer that died normally leaves no link
pid = process.spawn_linked("test:child", "app:host", "end")
time.sleep("1ms")
assert(process.set_options{trap_links = false} == true)
pid = process.spawn_linked("test:child", "app:host", "end")
time.sleep("1ms")
-- mutual: killing one of a linked pair
process.set_options{trap_links = true}
pid = process.spawn_linked("test:child", "app:host", "chain")
a = events:receive()
assert(a.from == pid and a.result.error:message() == "linked process failed", tostring(a.result.error))
-- events of the dead are kept in order: exit of several
local pids = {}
for i = 1, 5 do pids[i] = process.spawn_monitored("test:child", "app:host", "end") end
for i = 1, 5 do assert(events:receive().from == pids[i]) end
-- at
assert(math.abs(a.at - os.time()) <= 1)
-- monitor of a process by two coroutines / self monitor
assert(process.monitor(process.pid()) == true, "itself, too")
assert(process.unmonitor(process.pid()) == true)
-- @entry test:child
local case = ...
if case == "raise" then error("x") end
if case == "wait" then process.inbox():receive() end
if case == "named" then process.registry.register("kid") process.inbox():receive() end
if case == "chain" then process.spawn_linked("test:child", "app:host", "raise") process.inbox():receive() end
