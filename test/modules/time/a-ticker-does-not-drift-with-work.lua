-- @modules time
-- concurrency.md § 7.5: the time a reader takes between ticks is no part of the period
local time = require("time")
local start = time.now()
local ticker = time.ticker("50ms")
for i = 1, 20 do
  ticker:channel():receive()
  local elapsed = time.now():sub(start):milliseconds()
  assert(elapsed >= 50 * i, "tick " .. i .. " is never early, came at " .. elapsed)
  assert(elapsed < 50 * i + 5, "nor later for the work done since the last, came at " .. elapsed)
  time.sleep("12ms")
end
ticker:stop()
