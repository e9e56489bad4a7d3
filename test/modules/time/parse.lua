-- @modules time
-- concurrency.md § 6, 6.7
local time = require("time")
local t = assert(time.parse(time.RFC3339, "2024-12-29T15:04:05.25+02:00"))
assert(t:format(time.RFC3339NANO) == "2024-12-29T15:04:05.25+02:00", "the offset is kept")
assert(t:utc():hour() == 13, "and counts")
t = assert(time.parse("15:04", "07:30", nil))
assert(t:year() == 0 and t:month() == 1 and t:day() == 1 and t:hour() == 7, "missing parts")
assert(tostring(t:location()) == "Local", "the zone defaults to local")
t = time.parse("Jan _2 2006", "Feb  3 2024", time.load_location("Europe/Berlin"))
assert(t:format("-07:00") == "+01:00", "told in a location")
for _, text in ipairs({"2024-13-01", "2024-01-32", "20240101", "", "2024-01-01x"}) do
  local value, err = time.parse(time.DATE_ONLY, text)
  assert(value == nil and err:kind() == errors.INVALID, text)
end
assert(not pcall(time.parse, time.DATE_ONLY) and not pcall(time.parse, time.DATE_ONLY, "x", "UTC"), "types")
