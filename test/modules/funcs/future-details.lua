-- concurrency.md § 9 Future.
-- @modules funcs, time
local time = require("time")
local f = assert(funcs.async("test:fn", "slow"))
assert(f:response() == f:channel() and not f:is_complete() and not f:is_canceled())
local v, err = f:result()
assert(v == nil and err == nil)
v, err = f:error()
assert(v == nil and err == false)
time.sleep("50ms")
assert(f:is_complete(), "without a receive")
assert(f:result():data() == "slow" and f:result() == f:result(), "before the receive")
assert(f:channel():receive():data() == "slow")
assert(f:result():data() == "slow", "and after it")
-- cancel aborts the callee, its late result is ignored, waiters wake
process.registry.register("parent")
f = funcs.async("test:fn", "report")
local woken
coroutine.spawn(function() woken = {f:channel():receive()} end)
assert(f:cancel() == true)
coroutine.yield()
assert(woken[1] == nil and woken[2] == false, "waiters get nil, false")
time.sleep("100ms")
assert(channel.select{process.inbox():case_receive(), default = true}.default, "aborted")
v, err = f:result()
assert(v == nil and err:kind() == "Canceled" and f:is_canceled() and not f:is_complete())
-- nil result, error kind kept
f = funcs.async("test:fn", "nil")
local p, ok = f:channel():receive()
assert(ok == true and type(p) == "userdata" and p.data ~= nil and p:data() == nil)
f = funcs.async("test:fn", "error")
local e
e, ok = f:channel():receive()
assert(ok == true and e.kind ~= nil and e:kind() == "RateLimited" and e:retryable() == true)
assert(f:channel():receive() == nil)
v, ok = f:error()
assert(ok == true and v:kind() == "RateLimited")
v, err = f:result()
assert(v == nil and err:kind() == "RateLimited" and f:is_complete())
assert(f.await == nil, "there is no await")
for _, m in ipairs{"response", "result", "error", "cancel", "is_complete", "is_canceled"} do assert(not pcall(f[m], {})) end
for _, bad in ipairs{"", "x", "a:", ":b"} do
  v, err = funcs.async(bad)
  assert(v == nil and errors.is(err, errors.INVALID), bad)
end
for _, bad in ipairs{5, {}, false} do assert(not pcall(funcs.async, bad) and not pcall(funcs.call, bad), tostring(bad)) end
v, err = funcs.async("test:fn", print)
assert(v == nil and errors.is(err, errors.INVALID))
assert(select("#", funcs.async("test:fn", "nil")) == 2)
-- @entry test:fn
-- @kind function.lua
-- @modules time
local case = ...
if case == "slow" then time.sleep("20ms") return case, nil, "dropped" end
if case == "report" then time.sleep("20ms") process.send("parent", "late") return 1 end
if case == "error" then return nil, errors.new{message = "m", kind = errors.RATE_LIMITED, retryable = true} end
