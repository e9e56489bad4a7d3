-- concurrency.md § 2.2.
local gate = channel.new()
local inner = coroutine.create(function() gate:receive() return "end" end)
local result
coroutine.spawn(function() result = {coroutine.resume(inner)} end)
assert(coroutine.status(inner) == "normal", coroutine.status(inner))
local ok, err = coroutine.resume(inner)
assert(ok == false and err == "cannot resume non-suspended coroutine", tostring(err))
gate:send(1)
coroutine.yield()
assert(result[1] == true and result[2] == "end")
