-- @modules funcs, time
-- concurrency.md § 12.4
local funcs = require("funcs")
local time = require("time")
local ticks = 0
coroutine.spawn(function() for _ = 1, 100 do time.sleep("1ms"); ticks = ticks + 1 end end)
local seen = {}
local generate = coroutine.wrap(function()
  for i = 1, 3 do
    time.sleep("10ms")
    coroutine.yield((funcs.call("test:double", i)))
  end
end)
for value in generate do seen[#seen + 1] = value end
assert(table.concat(seen, ",") == "2,4,6", "the consumer sees only generated values")
assert(ticks > 10, "others ran meanwhile")
local ok, value = pcall(funcs.call, "test:double", 21)
assert(ok and value == 42, "inside pcall")

-- @entry test:double
-- @kind function.lua
return (...) * 2
