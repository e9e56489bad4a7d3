-- concurrency.md Checks 4, § 2.1-2.3.
-- @modules time, funcs
local ticks = 0
coroutine.spawn(function() while true do time.sleep("1ms") ticks = ticks + 1 end end)
local numbers = coroutine.wrap(function()
  for i = 1, 3 do
    time.sleep("5ms")
    coroutine.yield(funcs.call("test:double", i))
  end
end)
local seen = {}
for n in numbers do seen[#seen + 1] = n end
assert(table.concat(seen, ",") == "2,4,6", table.concat(seen, ","))
assert(ticks >= 10, "another coroutine ticks meanwhile")
-- @entry test:double
-- @kind function.lua
return (...) * 2
