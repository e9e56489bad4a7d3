---@meta time
-- Time, durations, zones, timers. Durations are text (`"1m30s"`), a Duration, or a number of nanoseconds.

---@alias DurationLike string|number|Duration

---@class Location
local Location = {}

---@return string name
function Location:string() end

---@class Duration
local Duration = {}

---@return number
function Duration:hours() end

---@return number
function Duration:minutes() end

---@return number
function Duration:seconds() end

---@return integer
function Duration:milliseconds() end

---@return integer
function Duration:microseconds() end

---@return integer
function Duration:nanoseconds() end

---A moment, exact to the nanosecond, told in a Location. Immutable; compare with methods, not with `==`.
---@class Time
local Time = {}

---@param duration DurationLike
---@return Time
function Time:add(duration) end

---@param other Time
---@return Duration
function Time:sub(other) end

---@param years integer
---@param months integer
---@param days integer
---@return Time
function Time:add_date(years, months, days) end

---@param other Time
---@return boolean
function Time:after(other) end

---@param other Time
---@return boolean
function Time:before(other) end

---@param other Time
---@return boolean
function Time:equal(other) end

---Whether this is year 1, January 1, 00:00 UTC.
---@return boolean
function Time:is_zero() end

---Writes the time as the layout shows Mon Jan 2 15:04:05 2006 -0700 MST.
---@param layout string
---@return string
function Time:format(layout) end

---@return string
function Time:format_rfc3339() end

---@return integer seconds since 1970
function Time:unix() end

---@return integer nanoseconds since 1970
function Time:unix_nano() end

---@return integer year
---@return integer month
---@return integer day
function Time:date() end

---@return integer hour
---@return integer minute
---@return integer second
function Time:clock() end

---@return integer
function Time:year() end

---@return integer
function Time:month() end

---@return integer
function Time:day() end

---@return integer
function Time:hour() end

---@return integer
function Time:minute() end

---@return integer
function Time:second() end

---@return integer
function Time:nanosecond() end

---@return integer weekday 0 = Sunday
function Time:weekday() end

---@return integer 1-366
function Time:year_day() end

---@return Time
function Time:utc() end

---@return Time
function Time:in_local() end

---@param location Location
---@return Time
function Time:in_location(location) end

---@return Location
function Time:location() end

---@param duration Duration
---@return Time
function Time:round(duration) end

---@param duration Duration
---@return Time
function Time:truncate(duration) end

---@class Timer
local Timer = {}

---@return Channel
function Timer:channel() end

---@return Channel
function Timer:response() end

---@return boolean stopped false when it had fired
function Timer:stop() end

---@param duration DurationLike
---@return boolean armed false when it had fired or was stopped
function Timer:reset(duration) end

---@class Ticker
local Ticker = {}

---@return Channel
function Ticker:channel() end

---@return Channel
function Ticker:response() end

---@return boolean
function Ticker:stop() end

---@class time
---@field utc Location
---@field localtz Location
---@field ANSIC string
---@field UNIX_DATE string
---@field RFC3339 string
---@field RFC3339NANO string
---@field RFC822 string
---@field RFC822Z string
---@field RFC850 string
---@field RFC1123 string
---@field RFC1123Z string
---@field KITCHEN string
---@field STAMP string
---@field STAMP_MILLI string
---@field STAMP_MICRO string
---@field STAMP_NANO string
---@field DATE_TIME string
---@field DATE_ONLY string
---@field TIME_ONLY string
---@field NANOSECOND integer
---@field MICROSECOND integer
---@field MILLISECOND integer
---@field SECOND integer
---@field MINUTE integer
---@field HOUR integer
---@field JANUARY integer
---@field FEBRUARY integer
---@field MARCH integer
---@field APRIL integer
---@field MAY integer
---@field JUNE integer
---@field JULY integer
---@field AUGUST integer
---@field SEPTEMBER integer
---@field OCTOBER integer
---@field NOVEMBER integer
---@field DECEMBER integer
---@field SUNDAY integer
---@field MONDAY integer
---@field TUESDAY integer
---@field WEDNESDAY integer
---@field THURSDAY integer
---@field FRIDAY integer
---@field SATURDAY integer
local time = {}

---@return Time
function time.now() end

---Parts out of range normalise: month 13 is the next January.
---@param year integer
---@param month integer
---@param day integer
---@param hour integer
---@param minute integer
---@param second integer
---@param nanosecond integer
---@param location? Location default local
---@return Time
function time.date(year, month, day, hour, minute, second, nanosecond, location) end

---@param seconds number
---@param nanoseconds? number
---@return Time
function time.unix(seconds, nanoseconds) end

---@param layout string
---@param value string
---@param location? Location default local
---@return Time?
---@return Error? err
function time.parse(layout, value, location) end

---@param value DurationLike
---@return Duration?
---@return Error? err
function time.parse_duration(value) end

---@param name string `UTC`, `Local`, or an IANA name
---@return Location?
---@return Error? err
function time.load_location(name) end

---@param name string
---@param offset integer seconds east of UTC
---@return Location
function time.fixed_zone(name, offset) end

---Waits. Zero lets the others run once.
---@param duration DurationLike
---@return nil
---@return Error? err
function time.sleep(duration) end

---A channel that delivers one Time and is closed then.
---@param duration DurationLike
---@return Channel?
---@return Error? err
function time.after(duration) end

---@param duration DurationLike
---@return Timer?
---@return Error? err
function time.timer(duration) end

---@param duration DurationLike
---@return Ticker?
---@return Error? err
function time.ticker(duration) end

return time
