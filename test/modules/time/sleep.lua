-- @modules time
-- concurrency.md § 7, § 12.11
local time = require("time")
local before = time.now()
assert(select("#", time.sleep(5 * time.MILLISECOND)) == 0, "returns nothing")
local waited = time.now():sub(before)
assert(waited:milliseconds() >= 5 and waited:milliseconds() < 20, "about 5 ms, got " .. tostring(waited))
before = time.now()
time.sleep("20ms")
assert(time.now():sub(before):milliseconds() >= 20, "text")
local order = {}
coroutine.spawn(function() order[#order + 1] = "a"; time.sleep(0); order[#order + 1] = "c" end)
order[#order + 1] = "b"
time.sleep(0)
assert(table.concat(order) == "abc", "zero lets the others run once")
time.sleep(-1)
local value, err = time.sleep("soon")
assert(value == nil and err:kind() == errors.INVALID, "bad text is returned")
value, err = time.sleep({})
assert(value == nil and err:kind() == errors.INVALID, "bad type is returned")
