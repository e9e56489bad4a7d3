-- concurrency.md § 1.7, § 1 ready order, § 3 Closing, § 4: who goes on when, across channels, mail, timers and yields.
-- @modules time, funcs
local a, b = channel.new(), channel.new()
local log = {}
coroutine.spawn(function()
  local ok, err = pcall(channel.select, {a:case_receive(), b:case_send(1)})
  log[#log+1] = tostring(ok)
  a:send("x")
end)
b:close()
assert(log[1] == "false")
assert(a:receive() == "x")
-- closing from a user coroutine with waiters
local c = channel.new()
coroutine.spawn(function() c:receive() log[#log+1] = "woken" end)
local co = coroutine.wrap(function() c:close() log[#log+1] = "closer" return 1 end)
assert(co() == 1)
assert(log[2] == "woken" and log[3] == "closer", table.concat(log, ","))
-- close inside sort comparator: closer goes first
local d = channel.new()
coroutine.spawn(function() d:receive() log[#log+1] = "woken2" end)
table.sort({2,1}, function(x, y) d:close() return x < y end)
log[#log+1] = "sorted"
coroutine.yield()
assert(table.concat(log, ",", 4) == "sorted,woken2", table.concat(log, ","))
-- timer fired while nobody steps; same moment ordering between message and timer
local t = time.after("5ms")
local inbox = process.inbox()
time.sleep("10ms")
process.send(process.pid(), "m")
local r = channel.select{inbox:case_receive(), t:case_receive()}
assert(r.channel == inbox)
r = channel.select{inbox:case_receive(), t:case_receive()}
assert(r.channel == t and r.ok)
r = channel.select{t:case_receive(), inbox:case_receive()}
assert(r.channel == t and r.ok == false)
-- future in select with timeout
local f = funcs.async("test:slow")
local timeout = time.after("5ms")
r = channel.select{f:response():case_receive(), timeout:case_receive()}
assert(r.channel == timeout)
r = channel.select{f:response():case_receive()}
assert(r.value:data() == 1)
-- ctx of sleep yields order: time.sleep(0) lets others incl. messages
local n = 0
coroutine.spawn(function() inbox:receive() n = 1 end)
process.send(process.pid(), "x")
time.sleep(0)
assert(n == 1)
-- coroutine.yield lets messages in?
coroutine.spawn(function() inbox:receive() n = 2 end)
process.send(process.pid(), "x")
coroutine.yield()
assert(n == 2, "one yield is enough")
-- coroutine.wrap errors propagate
local ok, err = pcall(coroutine.wrap(function() error("w") end))
assert(not ok and err:find("w"))
-- yield across pcall in user coroutine plus host wait
local co2 = coroutine.create(function() local ok = pcall(function() coroutine.yield(1) time.sleep("1ms") coroutine.yield(2) end) return ok end)
assert(select(2, coroutine.resume(co2)) == 1 and select(2, coroutine.resume(co2)) == 2 and select(2, coroutine.resume(co2)) == true)
-- @entry test:slow
-- @kind function.lua
-- @modules time
time.sleep("20ms")
return 1
