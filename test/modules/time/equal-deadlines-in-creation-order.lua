-- @modules time
-- concurrency.md § 7.6
local time = require("time")
local order = {}
for i = 1, 5 do
  coroutine.spawn(function() time.sleep("10ms"); order[#order + 1] = i end)
end
time.sleep("30ms")
assert(table.concat(order) == "12345", table.concat(order))
local far = time.after("10000h")
assert(channel.select({far:case_receive()}, true).default, "no wrap of the platform's timer")
