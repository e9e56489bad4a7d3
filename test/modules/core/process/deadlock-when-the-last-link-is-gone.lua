-- concurrency.md § 5: a live link is something to wait for; when it is gone, nothing is left.
local events = process.events()
for _, how in ipairs{"ends", "unlinks"} do
  local pid = assert(process.spawn_monitored("test:waiter", "app:host", how))
  local event = events:receive()
  assert(event.from == pid and string.find(event.result.error, "deadlock"), how .. ": " .. tostring(event.result.error))
end
-- @entry test:waiter
process.spawn_linked("test:peer", "app:host", process.pid(), ...)
channel.new():receive()
-- @entry test:peer
-- @modules time
local parent, how = ...
require("time").sleep("20ms")
if how == "unlinks" then
  process.unlink(parent)
  require("time").sleep("20ms")
end
