-- concurrency.md § 7.7, § 5: a pending timer keeps idle, a fired one does not.
-- @modules time
local events = process.events()
local pid = process.spawn_monitored("test:child", "app:host", "fired")
local e = events:receive()
assert(string.find(e.result.error, "deadlock: all coroutines blocked with no pending operations (threads=1)", 1, true), tostring(e.result.error))
assert(e.result.error:kind() == "Internal" and e.result.error:retryable() == nil)
for _, what in ipairs{"ticker", "future", "events", "listen", "subscribe", "stopped"} do
  pid = process.spawn_monitored("test:child", "app:host", what)
  time.sleep("300ms")
  local idle = process.send(pid, "x")
  assert(idle == (what ~= "stopped" or nil), what .. " " .. tostring(idle))
  if idle then process.terminate(pid) end
  events:receive()
end
-- @entry test:child
-- @modules time, funcs, events
local what = ...
if what == "fired" then time.after("5ms"):receive() end
if what == "ticker" then time.ticker("1h") end
if what == "stopped" then time.ticker("1h"):stop() time.timer("1h"):stop() end
if what == "future" then funcs.async("test:slow") end
if what == "events" then events.subscribe("s") end
if what == "listen" then process.listen("l") end
if what == "subscribe" then subscribe("l", channel.new()) end
channel.new():receive()
-- @entry test:slow
-- @kind function.lua
-- @modules time
time.sleep("1h")
