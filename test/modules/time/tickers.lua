-- @modules time
-- concurrency.md § 7.5, § 12.12
local time = require("time")
local start = time.now()
local ticker = time.ticker("5ms")
for i = 1, 4 do
  local t = ticker:channel():receive()
  assert(t:sub(start):milliseconds() >= 5 * i, "tick " .. i .. " is never early")
  assert(t:sub(start):milliseconds() < 5 * i + 5, "nor does it drift")
end
time.sleep("200ms")
local count = 0
while not channel.select({ticker:channel():case_receive()}, true).default do count = count + 1 end
assert(count <= 16 and count > 0, "at most 16 ticks wait, got " .. count)
time.sleep("7ms")
assert(ticker:stop() == true and ticker:stop() == true, "stop is repeatable")
local v, ok = ticker:response():receive()
assert(v ~= nil and ok == true, "buffered ticks stay readable")
count = 0
while select(2, ticker:response():receive()) do count = count + 1 end
assert(count <= 1, "then it is closed")
