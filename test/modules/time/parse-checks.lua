-- concurrency.md § 6.7: ranges and the day of the month are checked; a fraction is welcome after the seconds.
-- @modules time
local bad = {
  {"2006-01-02", "2024-02-30"}, {"2006-01-02", "2023-02-29"}, {"2006-01-02", "2024-04-31"}, {"2006-01-02", "2024-00-10"},
  {"2006-01-02", "2024-1-10"}, {"2006-01-02", "2024-01-10T"}, {"15:04", "24:00"}, {"15:04", "23:60"}, {"15:04:05", "23:59:60"},
  {"3:04PM", "13:04PM"}, {"3:04PM", "3:04"}, {"Jan", "Foo"}, {"Monday", "Tagday"}, {"-07:00", "+25:00"}, {"Z07:00", "z"},
  {"2006", "24"}, {"06", "2024"}, {"002 2006", "366 2023"}, {time.RFC3339, "2024-01-01 00:00:00Z"}, {"2006x", "2024y"},
  {"05.000", "06.1"}, {time.RFC3339, "2024-01-01T00:00:00"}, {"", "x"},
}
for _, pair in ipairs(bad) do
  local t, err = time.parse(pair[1], pair[2])
  assert(t == nil and errors.is(err, errors.INVALID) and err:retryable() == false, pair[1] .. " takes " .. pair[2])
end
local good = {
  {"2006-01-02", "2024-02-29"}, {"15:04:05", "01:02:03.456"}, {"15:04:05", "01:02:03,456"}, {"5", "7.25"}, {time.RFC3339, "2024-01-01T00:00:00.123456789+02:00"},
  {"Jan _2", "Feb  3"}, {"Jan _2", "Feb 13"}, {"JANUARY", "JANUARY"}, {"3:04PM", "12:00AM"}, {time.RFC1123, "Mon, 02 Jan 2006 15:04:05 GMT"}, {"", ""},
}
for _, pair in ipairs(good) do assert(time.parse(pair[1], pair[2]), pair[1] .. " refuses " .. pair[2]) end
assert(time.parse("15:04:05", "01:02:03.456"):nanosecond() == 456000000)
assert(time.parse("3:04PM", "12:00AM"):hour() == 0 and time.parse("3:04PM", "12:00PM"):hour() == 12)
local t = time.parse("15:04", "07:30")
assert(t:year() == 0 and t:month() == 1 and t:day() == 1 and t:location() == time.localtz, "missing parts")
assert(time.parse("002 2006", "060 2024"):format("01-02") == "02-29")
assert(not pcall(time.parse) and not pcall(time.parse, {}, "x") and not pcall(time.parse, "x", "x", {}))
