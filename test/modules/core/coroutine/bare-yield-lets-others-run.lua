-- concurrency.md § 1.7.
local n = 0
coroutine.spawn(function() for _ = 1, 3 do n = n + 1 coroutine.yield("ignored") end end)
assert(n == 1)
assert(select("#", coroutine.yield(1, 2)) == 0, "it returns nothing")
assert(n == 2)
