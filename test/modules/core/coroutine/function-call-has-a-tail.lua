-- process.md § 14.5: coroutines of a function call go on after it returned.
-- @modules funcs, time
process.registry.register("parent")
local value, err = funcs.call("test:fn")
assert(value == "done", tostring(err))
local inbox, pid = process.inbox(), nil
for i = 1, 5 do
  local msg = inbox:receive()
  assert(msg:payload():data() == i)
  pid = msg:from()
end
local ok, err = process.send(pid, "x")
assert(ok == nil and err:kind() == "NotFound", "its PID ended with the result")
-- @entry test:fn
-- @kind function.lua
-- @modules time
coroutine.spawn(function()
  for i = 1, 5 do
    time.sleep("20ms")
    process.send("parent", "tick", i)
  end
end)
local inbox = process.inbox()
coroutine.spawn(function()
  local v, ok = inbox:receive()
  assert(v == nil and ok == false, "subscriptions end with the result")
end)
return "done"
