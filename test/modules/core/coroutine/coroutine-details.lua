-- concurrency.md § 1-2.
-- @modules time, funcs
local time = require("time")
assert(not pcall(coroutine.spawn) and not pcall(coroutine.spawn, "x"))
-- a spawned coroutine's results are discarded, its arguments are passed
local got
coroutine.spawn(function(...) got = select("#", ...) return 1, 2 end, nil, 2, nil)
assert(got == 3)
-- an error caught inside does no harm
coroutine.spawn(function() assert(not pcall(error, "caught")) end)
-- waits inside nested user coroutines suspend the managed one as a whole
local log = {}
local inner = coroutine.create(function()
  local deeper = coroutine.wrap(function()
    time.sleep("5ms")
    log[#log + 1] = "slept"
    coroutine.yield("from deeper")
    log[#log + 1] = funcs.call("test:fn")
    return "end"
  end)
  coroutine.yield(deeper())
  return deeper()
end)
local ok, v = coroutine.resume(inner)
assert(ok and v == "from deeper" and coroutine.status(inner) == "suspended", tostring(v))
ok, v = coroutine.resume(inner)
assert(ok and v == "end" and table.concat(log, " ") == "slept called", table.concat(log, " "))
assert(coroutine.status(inner) == "dead")
-- a host call that raises, raises inside the inner coroutine
local closed = channel.new()
local co = coroutine.create(function() local fine, err = pcall(closed.send, closed, 1) return fine, err end)
coroutine.spawn(function() coroutine.yield() closed:close() end)
ok, v = coroutine.resume(co)
assert(ok and v == true, "a waiting plain send returns nil, err")
co = coroutine.create(function() closed:send(1) end)
ok, v = coroutine.resume(co)
assert(ok == false and v:find("send on closed channel", 1, true) and coroutine.status(co) == "dead")
-- coroutine.spawn inside a user coroutine
co = coroutine.wrap(function() coroutine.spawn(function() log[#log + 1] = "spawned" end) return "after" end)
assert(co() == "after" and log[#log] == "spawned")
-- the yield of a user coroutine goes to its resumer, not to the host
local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
assert(gen() == 1 and gen() == 2 and gen() == 3)
-- xpcall handlers cannot wait
local gate = channel.new()
ok, v = xpcall(error, function() return select(2, pcall(gate.receive, gate)) end, "x")
assert(not ok and tostring(v):find("attempt to yield across", 1, true), tostring(v))
-- failing blocking calls have no effect where nothing can wait
process.registry.register("main")
table.sort({2, 1}, function(a, b)
  for _, call in ipairs{
    function() time.sleep("1ms") end, function() funcs.call("test:tell") end, function() process.exec("test:told", "app:host") end,
    function() coroutine.spawn(function() process.send("main", "told") end) end, function() gate:send(1) end, function() coroutine.yield() end,
  } do
    local fine, err = pcall(call)
    assert(not fine and tostring(err):find("attempt to yield", 1, true), tostring(err))
  end
  return a < b
end)
time.sleep("20ms")
assert(channel.select{process.inbox():case_receive(), gate:case_receive(), default = true}.default, "nothing was started")
-- isyieldable and running
assert(coroutine.isyieldable() and type(coroutine.running()) == "thread")
-- several waits end in the same moment: in the order they ended
log = {}
for i = 3, 1, -1 do coroutine.spawn(function() time.sleep(i .. "ms") log[#log + 1] = i end) end
time.sleep("10ms")
assert(table.concat(log) == "123")
-- @entry test:fn
-- @kind function.lua
return "called"
-- @entry test:tell
-- @kind function.lua
process.send("main", "told")
-- @entry test:told
process.send("main", "told")
