-- process.md § 14.5: what the background of a function call keeps and what it lost.
-- @modules funcs, time, ctx
-- @logs background coroutine failed
local time = require("time")
process.registry.register("parent")
local inbox = process.inbox()
local value = funcs.new():with_context{k = "v"}:call("test:fn", "report")
local r = inbox:receive():payload():data()
assert(r.pid == value and r.ctx == "v", "it keeps PID text and context")
assert(r.inbox_closed and r.listen_closed and r.events_closed and r.bus_closed, "subscriptions ended")
assert(r.timer == true, "timers go on")
assert(r.again == "Internal", "and nothing can be opened again")
assert(r.call == 5, "calls work")
assert(process.registry.lookup("call") == nil, "names ended")
-- an uncaught error there changes nothing for the others
value = funcs.call("test:fn", "error")
assert(value == "returned")
assert(inbox:receive():payload():data() == "other went on")
-- after 60 s it is dropped
local before = time.now()
assert(funcs.call("test:fn", "long") == "returned")
local last = 0
while true do
  local r = channel.select{inbox:case_receive(), time.after("15s"):case_receive()}
  if r.channel ~= inbox then break end
  last = r.value:payload():data()
end
assert(last == 5, "ticks every 10 s until 60 s are over, got " .. last)
-- no tail after a failure
value = funcs.call("test:fn", "fail")
time.sleep("1s")
assert(channel.select{inbox:case_receive(), default = true}.default)
-- @entry test:fn
-- @kind function.lua
-- @modules time, ctx, funcs, events
local case = ...
if case == "report" then
  process.registry.register("call")
  local inbox, evs, ch, bus = process.inbox(), process.events(), process.listen("t"), events.subscribe("s")
  coroutine.spawn(function()
    time.sleep("10ms")
    local function closed(c) local v, ok = c:receive() return v == nil and ok == false end
    local _, err = process.inbox()
    process.send("parent", "report", {
      pid = process.pid(), ctx = ctx.get("k"), inbox_closed = closed(inbox), events_closed = closed(evs),
      listen_closed = closed(ch), bus_closed = closed(bus:channel()), timer = select(2, time.after("5ms"):receive()),
      again = err and err:kind(), call = funcs.call("test:five"),
    })
  end)
  return process.pid()
elseif case == "error" then
  coroutine.spawn(function() time.sleep("1ms") error("in the background") end)
  coroutine.spawn(function() time.sleep("5ms") process.send("parent", "x", "other went on") end)
elseif case == "long" then
  coroutine.spawn(function() for i = 1, 10 do time.sleep("10s") process.send("parent", "x", i) end end)
elseif case == "fail" then
  coroutine.spawn(function() time.sleep("1ms") process.send("parent", "x", "not this") end)
  return nil, "failed"
end
return "returned"
-- @entry test:five
-- @kind function.lua
return 5
