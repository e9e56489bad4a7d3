-- concurrency.md § 6.4-6.6, § 8.3.
-- @modules time
local function d(x) return assert(time.parse_duration(x)) end
local x = d("1h30m15.123456789s")
assert(x:hours() > 1.504 and math.type(x:hours()) == "float" and x:minutes() > 90.25 and x:seconds() == 5415.123456789)
assert(x:milliseconds() == 5415123 and x:microseconds() == 5415123456 and x:nanoseconds() == 5415123456789)
for _, m in ipairs{"milliseconds", "microseconds", "nanoseconds"} do assert(math.type(x[m](x)) == "integer") end
assert(d("-1.9ms"):milliseconds() == -1 and d("-1999us"):milliseconds() == -1, "toward zero")
assert(tostring(d("1h30m")) == "1h30m0s" and tostring(d(-5)) == "-5ns" and tostring(d("1h0.5s")) == "1h0m0.5s")
assert(d("1h"):seconds() == 3600.0 and math.type(d("1h"):seconds()) == "float")
assert(d("2540400h10m10s"):nanoseconds() == 9145440610000000000, "exact beyond 2^53")
assert(time.parse_duration("2562048h") == nil, "beyond 64 bits")
assert(d("1.5h1.5m") and d("+5s"):seconds() == 5 and d(".5s"):milliseconds() == 500 and d("1.s"):seconds() == 1)
for _, bad in ipairs{"", "5", "1d", "1w", "1 s", " 1s", "1s ", "s", ".s", "-", "1H", "1e3s", "0x1s", "1h-5m"} do
  local v, err = time.parse_duration(bad)
  assert(v == nil and errors.is(err, errors.INVALID), bad)
end
assert(d("0"):nanoseconds() == 0 and d("-0"):nanoseconds() == 0 and tostring(d(0)) == "0s")
-- subtraction is exact and bounded
local a, b = time.unix(1, 1), time.unix(0, 2)
assert(a:sub(b):nanoseconds() == 999999999 and b:sub(a):nanoseconds() == -999999999)
-- types of numbers
local t = time.now()
for _, m in ipairs{"unix", "unix_nano", "year", "month", "day", "hour", "minute", "second", "nanosecond", "weekday", "year_day"} do
  assert(math.type(t[m](t)) == "integer", m)
end
assert(math.type(os.time()) == "integer" and math.type(os.clock()) == "float" and math.type(os.difftime(5, 3)) == "float")
assert(not pcall(time.date, 2024, 1, 1, 0, 0, 0, 0.5) and time.date(2024.0, 1, 1, 0, 0, 0, 0, time.utc):year() == 2024)
local ok, err = pcall(time.date, 2024, 1.5, 1, 0, 0, 0, 0)
assert(err:find("number has no integer representation", 1, true), err)
for i = 0, 6 do assert(not pcall(time.date, table.unpack({2024, 1, 1, 0, 0, 0}, 1, i)), "seven numbers") end
assert(not pcall(time.date, 2024, 1, 1, 0, 0, 0, 0, "UTC") and not pcall(time.date, 2024, 1, 1, 0, 0, 0, 0, nil))
assert(not pcall(time.unix) and not pcall(time.unix, "5") and not pcall(time.unix, {}))
assert(not pcall(time.fixed_zone, "x") and not pcall(time.fixed_zone, 1, "x"))
