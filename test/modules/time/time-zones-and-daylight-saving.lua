-- concurrency.md § 6: zones, daylight saving, calendar arithmetic.
-- @modules time
local berlin, york, kolkata = time.load_location("Europe/Berlin"), time.load_location("America/New_York"), time.load_location("Asia/Kolkata")

local function show(t) return t:format("2006-01-02 15:04:05 -0700 MST") end
-- the hour that does not exist: the offset of before or after, never an instant that fails
local gap = time.date(2024, 3, 31, 2, 30, 0, 0, berlin)
assert(show(gap) == "2024-03-31 03:30:00 +0200 CEST" or show(gap) == "2024-03-31 01:30:00 +0100 CET", show(gap))
-- the hour that exists twice
local overlap = time.date(2024, 10, 27, 2, 30, 0, 0, berlin)
assert(overlap:hour() == 2 and overlap:minute() == 30)
-- a day is 23 or 25 hours long when the clock changes
local a, b = time.date(2024, 3, 30, 12, 0, 0, 0, berlin), time.date(2024, 3, 31, 12, 0, 0, 0, berlin)
assert(b:sub(a):hours() == 23 and a:add_date(0, 0, 1):equal(b), "add_date keeps the time of day")
assert(a:add("24h"):hour() == 13, "add moves the instant")
a, b = time.date(2024, 10, 26, 12, 0, 0, 0, berlin), time.date(2024, 10, 27, 12, 0, 0, 0, berlin)
assert(b:sub(a):hours() == 25 and a:add_date(0, 0, 1):equal(b))
-- seconds around the change
local before = time.unix(1711846799):in_location(berlin)
assert(show(before) == "2024-03-31 01:59:59 +0100 CET" and show(before:add("1s")) == "2024-03-31 03:00:00 +0200 CEST", show(before))
assert(show(time.date(2024, 7, 4, 12, 0, 0, 0, york)) == "2024-07-04 12:00:00 -0400 EDT")
assert(show(time.date(2024, 7, 4, 12, 0, 0, 0, kolkata)) == "2024-07-04 12:00:00 +0530 IST")
-- one instant in many places
local t = time.date(2024, 12, 31, 23, 30, 0, 0, york)
assert(t:in_location(berlin):year() == 2025 and t:in_location(berlin):year_day() == 1 and t:year_day() == 366)
assert(t:in_location(kolkata):equal(t) and t:in_location(kolkata) ~= t and t:weekday() == time.TUESDAY)
assert(t:utc():location() == time.utc and t:in_local():location() == time.localtz)
-- add_date normalises
local d = time.date(2024, 1, 31, 10, 0, 0, 0, time.utc)
assert(d:add_date(0, 1, 0):format(time.DATE_ONLY) == "2024-03-02" and d:add_date(1, 1, 0):format(time.DATE_ONLY) == "2025-03-03")
assert(d:add_date(0, -2, 0):format(time.DATE_ONLY) == "2023-12-01", "November 31 is December 1")
assert(d:add_date(-1, 13, -31):format(time.DATE_ONLY) == "2024-01-31", "2023-13-00 is 2024-01-31 less a month")
assert(time.date(2023, 2, 29, 24, 60, 60, 1000000000, time.utc):format(time.RFC3339NANO) == "2023-03-02T01:01:01Z")
assert(time.date(2024, 0, 0, -1, 0, 0, -1, time.utc):format(time.RFC3339NANO) == "2023-11-29T22:59:59.999999999Z")
-- parse with zones
t = assert(time.parse("2006-01-02 15:04", "2024-07-01 12:00", berlin))
assert(show(t) == "2024-07-01 12:00:00 +0200 CEST")
t = assert(time.parse("2006-01-02 15:04 -0700", "2024-07-01 12:00 +0530", berlin))
assert(t:utc():format(time.KITCHEN) == "6:30AM" and t:hour() == 12)
assert(time.parse(time.RFC3339, "2024-07-01T12:00:00Z"):location() == time.utc)
local z = time.fixed_zone("", 3600)
assert(time.date(2024, 1, 1, 0, 0, 0, 0, z):format("MST") == "+0100" and tostring(z) == "", "no name: the offset")
-- now is local, Time has nanoseconds, the zero time
assert(time.now():location() == time.localtz and time.unix(0, 1):nanosecond() == 1 and time.unix(0):location() == time.localtz)
assert(time.unix(-1, 0):nanosecond() == 0 and time.unix(0, -1):nanosecond() == 999999999)
assert(time.unix(1, 1500000000):utc():format("05.9") == "02.5")
local zero = time.date(1, 1, 1, 0, 0, 0, 0, time.utc)
assert(zero:is_zero() and not zero:add(1):is_zero() and zero:in_location(berlin):is_zero())
-- rounding counts from the zero time; halves go up; a Duration only
local hour, day = time.parse_duration("1h"), time.parse_duration("24h")
local half = time.date(2024, 1, 1, 10, 30, 0, 0, time.utc)
assert(half:round(hour):hour() == 11 and half:truncate(hour):hour() == 10 and half:add(-1):round(hour):hour() == 10)
assert(half:truncate(day):format(time.DATE_TIME) == "2024-01-01 00:00:00")
assert(half:round(time.parse_duration("0")):equal(half) and half:truncate(time.parse_duration("-1h")):equal(half))
for _, bad in ipairs{1, "1h", {}, false} do assert(not pcall(half.round, half, bad) and not pcall(half.truncate, half, bad)) end
for _, bad in ipairs{"x", {}, true, 0/0, print} do assert(not pcall(half.add, half, bad)) end
assert(not pcall(half.add, half) and not pcall(half.sub, half, 1) and not pcall(half.after, half, "x"))
assert(half:add(time.parse_duration("1h")):hour() == 11 and half:add("-30m"):minute() == 0 and half:add(1.9):nanosecond() == 1)
assert(half:before(half:add(1)) and not half:before(half) and not half:after(half) and half:equal(half:utc()))
