-- process.md § 10.5: with the name taken nothing starts, arguments are ignored, no monitor and no link is set.
local events, inbox = process.events(), process.inbox()
local named = process.with_options{}:with_name("single")
local first = assert(named:spawn("test:child", "app:host", process.pid(), "first"))
assert(process.registry.lookup("single") == first, "it owns the name before its first instruction")
assert(named:with_message("more", 7):spawn_linked_monitored("test:child", "app:host", process.pid(), "second") == first)
assert(named:spawn("test:nowhere", "app:nowhere") == first, "entry and host are not looked at")
assert(inbox:receive():payload():data() == "first")
assert(inbox:receive():payload():data() == 7)
process.terminate(first)
assert(channel.select{events:case_receive(), default = true}.default, "neither EXIT nor LINK_DOWN")
-- a second name of somebody else counts too
process.registry.register("mine")
local me = named:with_name("mine"):with_message("to me", 1):spawn("test:child", "app:host")
assert(me == process.pid() and inbox:receive():topic() == "to me")
-- a start that fails leaves no name behind
local pid, err = process.with_options{}:with_name("broken"):spawn("test:broken", "app:host")
assert(pid == nil and err:kind() == "Internal" and process.registry.lookup("broken") == nil)
-- exec of a name that is taken waits for its holder
process.registry.unregister("mine")
local holder = named:with_name("holder"):spawn("test:child", "app:host", process.pid(), "held")
inbox:receive()
assert(named:with_name("holder"):with_message("end"):exec("test:child", "app:host") == "held")
-- @entry test:child
local parent, word = ...
process.send(parent, "started", word)
while true do
  local msg = process.inbox():receive()
  if msg:topic() == "end" then return word end
  process.send(parent, "read", msg:payload():data())
end
-- @entry test:broken
-- @chunk
error("broken")
