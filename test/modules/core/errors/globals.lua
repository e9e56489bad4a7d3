-- errors-and-payloads.md § 7.
for _, name in ipairs{"assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen", "rawset",
    "require", "select", "setmetatable", "tonumber", "tostring", "type", "unpack", "xpcall", "subscribe", "unsubscribe", "integer", "number", "boolean"} do
  assert(type(_G[name]) == "function", name)
end
for name, list in pairs{
  string = "byte char find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper",
  table = "concat create freeze getn insert move pack remove sort unpack",
  math = "abs acos asin atan ceil cos deg exp floor fmod log max min modf rad random randomseed sin sqrt tan tointeger type ult pow log10 atan2 sinh cosh tanh",
  coroutine = "create isyieldable resume running status wrap yield spawn", os = "time date clock difftime",
  utf8 = "char codepoint codes len offset",
} do
  for word in list:gmatch("%S+") do assert(type(_G[name][word]) == "function", name .. "." .. word) end
  assert(require(name) == _G[name])
end
assert(_VERSION == "Lua 5.3" and _G._G == _G and os.platform == "moonhub" and math.pi > 3 and math.huge and utf8.charpattern)
for _, name in ipairs{"errors", "process", "channel", "payload", "pubsub"} do assert(type(_G[name]) == "table" and require(name) == _G[name]) end
-- read-only tables, writable _G
for _, t in ipairs{string, table, math, os, utf8, coroutine, errors, process, channel, payload, pubsub, payload.format, process.event, process.registry} do
  for _, change in ipairs{function() t.new_key = 1 end, function() t[next(t)] = nil end, function() rawset(t, "x", 1) end} do
    local ok, err = pcall(change)
    assert(not ok and tostring(err):find("attempt to modify a readonly table", 1, true), tostring(err))
  end
end
_G.fresh = 1
assert(fresh == 1)
-- table
local t = table.create(10, 5)
assert(next(t) == nil and #t == 0 and table.getn({1, 2}) == 2 and table.unpack == unpack)
t.x = 1
assert(table.freeze(t) == t and not pcall(function() t.y = 1 end) and t.x == 1 and not pcall(table.insert, t, 1))
-- casts
assert(string("x") == "x" and integer(5) == 5 and number(1.5) == 1.5 and boolean(false) == false)
for _, case in ipairs{{string, 1, "string", "number"}, {integer, 1.5, "integer", "number"}, {number, "1", "number", "string"}, {boolean, nil, "boolean", "nil"}, {integer, "5", "integer", "string"}} do
  local ok, err = pcall(case[1], case[2])
  assert(not ok and err:find("expected " .. case[3] .. ", got " .. case[4], 1, true), tostring(err))
end
-- os
assert(os.time{year = 2024, month = 2, day = 30, hour = 12} == os.time{year = 2024, month = 3, day = 1, hour = 12})
local fields = {year = 2024, month = 14, day = 1}
os.time(fields)
assert(fields.month == 14 and fields.hour == nil, "the table is not modified")
assert(os.date("!%Y-%m-%d %H:%M:%S", 0) == "1970-01-01 00:00:00" and os.date("!*t", 0).year == 1970 and os.date("!*t", 0).isdst == false)
assert(os.time{year = 2024, month = 1, day = 1} == os.time{year = 2024, month = 1, day = 1, hour = 0}, "midnight, not noon")
assert(os.date("!%c", 0) == "Thu Jan  1 00:00:00 1970" and os.date("!%Q", 0) == "%Q", os.date("!%c", 0))
assert(math.type(os.time()) == "integer" and os.clock() >= 0 and os.difftime(3, 1) == 2.0)
-- numbers (concurrency.md § 8, Checks 13)
assert(math.maxinteger == 9223372036854775807 and math.maxinteger + 1 == math.mininteger and 0xffffffffffffffff == -1)
assert(math.type(9223372036854775808) == "float" and (1 << 53) + 1 ~= 2.0^53 and (1 << 53) == 2^53 and 1 == 1.0 and ({[1] = "a"})[1.0] == "a")
assert(tostring(10 / 2) == "5.0" and tostring(1e15) == "1e+15" and tostring(2^63) == "9.2233720368548e+18" and tostring(-0.0) == "-0.0")
assert(os.time() * 1000 > 1e12 and #string.format("%d", os.time() * 1000) == 13)
