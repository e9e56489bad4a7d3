-- @modules time
-- concurrency.md § 6.4-6.6
local time = require("time")
for text, shown in pairs({["1h30m"] = "1h30m0s", ["125.5s"] = "2m5.5s", ["1500ms"] = "1.5s", ["0"] = "0s",
  ["15us"] = "15µs", ["7ns"] = "7ns", ["-1.5h"] = "-1h30m0s"}) do
  assert(tostring(time.parse_duration(text)) == shown, text)
end
for _, bad in ipairs({"", "5", "1d", "1 s", "x", true, {}, 0/0, 1/0, -1/0}) do
  local value, err = time.parse_duration(bad)
  assert(value == nil and err:kind() == errors.INVALID, "invalid: " .. tostring(bad))
end
assert(time.parse_duration(1500.7):nanoseconds() == 1500, "floats are truncated")
local d = time.parse_duration("1h")
assert(time.parse_duration(d):nanoseconds() == time.HOUR, "a Duration is one")
assert(time.parse_duration("-1500us"):milliseconds() == -1, "truncated toward zero")
assert(not pcall(d.hours, 5), "methods need a Duration")
