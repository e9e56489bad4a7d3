-- concurrency.md § 6: layout tokens and the constants.
-- @modules time
local t = time.date(2024, 2, 3, 4, 5, 6, 7008009, time.fixed_zone("XYZ", -(3 * 3600 + 1800)))
local shown = {
  {"2006 06", "2024 24"}, {"January Jan 01 1", "February Feb 02 2"}, {"02 2 _2", "03 3  3"}, {"002 __2", "034  34"},
  {"Monday Mon", "Saturday Sat"}, {"15 03 3", "04 04 4"}, {"04 4 05 5", "05 5 06 6"}, {"PM pm", "AM am"},
  {"05.000", "06.007"}, {"05.000000000", "06.007008009"}, {"05,000", "06,007"}, {"05.999999", "06.007008"}, {"05,999", "06,007"},
  {"05.99", "06"}, {"MST", "XYZ"}, {"-0700", "-0330"}, {"-07:00", "-03:30"}, {"-07", "-03"}, {"-070000", "-033000"},
  {"-07:00:00", "-03:30:00"}, {"Z0700", "-0330"}, {"Z07:00", "-03:30"}, {"Z07", "-03"},
  {time.RFC3339, "2024-02-03T04:05:06-03:30"}, {time.RFC3339NANO, "2024-02-03T04:05:06.007008009-03:30"},
  {time.RFC822, "03 Feb 24 04:05 XYZ"}, {time.RFC822Z, "03 Feb 24 04:05 -0330"}, {time.RFC850, "Saturday, 03-Feb-24 04:05:06 XYZ"},
  {time.RFC1123, "Sat, 03 Feb 2024 04:05:06 XYZ"}, {time.RFC1123Z, "Sat, 03 Feb 2024 04:05:06 -0330"},
  {time.KITCHEN, "4:05AM"}, {time.STAMP, "Feb  3 04:05:06"}, {time.STAMP_MILLI, "Feb  3 04:05:06.007"},
  {time.STAMP_MICRO, "Feb  3 04:05:06.007008"}, {time.STAMP_NANO, "Feb  3 04:05:06.007008009"},
  {time.DATE_TIME, "2024-02-03 04:05:06"}, {time.DATE_ONLY, "2024-02-03"}, {time.TIME_ONLY, "04:05:06"},
  {"plain words", "plain words"}, {"", ""},
}
for _, pair in ipairs(shown) do
  assert(t:format(pair[1]) == pair[2], pair[1] .. ": " .. t:format(pair[1]) .. " instead of " .. pair[2])
end
local u = t:utc()
assert(u:format("Z0700 Z07:00 Z07 -0700 MST") == "Z Z Z +0000 UTC", u:format("Z0700 Z07:00 Z07 -0700 MST"))
assert(time.date(2024, 1, 1, 12, 0, 0, 0, time.utc):format("3:04PM 03pm") == "12:00PM 12pm")
assert(time.date(2024, 1, 1, 0, 0, 0, 0, time.utc):format("3:04PM 15") == "12:00AM 00")
assert(t:format_rfc3339() == "2024-02-03T04:05:06-03:30")
assert(tostring(u) == "2024-02-03 07:35:06.007008009 +0000 UTC", tostring(u))
-- what is written is read back
for _, layout in ipairs{time.RFC3339NANO, "Mon Jan _2 15:04:05.000000000 2006 -0700", "02.01.06 3:04:05.000000000 pm -07:00", "2006-002 15h04m05s,000000000 Z07:00"} do
  local back = assert(time.parse(layout, t:format(layout)))
  assert(back:equal(t), layout .. " " .. tostring(back))
end
local months = {"JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"}
for i, name in ipairs(months) do assert(time[name] == i and math.type(time[name]) == "integer") end
for i, name in ipairs{"SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"} do assert(time[name] == i - 1) end
local units = {NANOSECOND = 1, MICROSECOND = 1e3, MILLISECOND = 1e6, SECOND = 1e9, MINUTE = 6e10, HOUR = 3.6e12}
for name, ns in pairs(units) do assert(time[name] == ns and math.type(time[name]) == "integer", name) end
