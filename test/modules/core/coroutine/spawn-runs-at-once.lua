-- concurrency.md Checks 1, § 1.2.
local log = {}
local thread = coroutine.spawn(function(a, b) log[#log + 1] = a + b end, 1, 2)
log[#log + 1] = "b"
assert(log[1] == 3 and log[2] == "b", "the new coroutine starts before spawn returns")
assert(type(thread) == "thread" and coroutine.status(thread) == "dead")
assert(not pcall(coroutine.spawn, 1), "a function is wanted")
local gate = channel.new()
thread = coroutine.spawn(function() gate:receive() end)
local ok, err = coroutine.resume(thread)
assert(ok == false and err:match("cannot resume"), tostring(err))
assert(coroutine.status(thread) ~= "dead")
gate:close()
