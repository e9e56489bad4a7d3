-- errors-and-payloads.md § 5, row by row.
-- @modules time, funcs
local inbox, me = process.inbox(), process.pid()
local function through(v) assert(process.send(me, "t", v)) return inbox:receive():payload():data() end
for _, v in ipairs{true, false, 1, -1, math.maxinteger, math.mininteger, 1.5, 2.0, 1/0, -1/0, "", "\0\255\xc3"} do
  local c = through(v)
  assert(c == v and math.type(c) == math.type(v), tostring(v))
end
assert(through(nil) == nil and through(0/0) ~= through(0/0) and tostring(through(-0.0)) == "-0.0")
local e = through(errors.wrap(errors.new{message = "m", kind = "", retryable = true, details = {1}}, "ctx"))
assert(tostring(e) == "ctx: m" and e:kind() == "" and e:retryable() == true and e:details()[1] == 1)
for name, u in pairs{channel = channel.new(), time = time.now(), duration = time.parse_duration("1s"), location = time.utc,
    timer = time.timer("1h"), spawner = process.with_options{}, case = channel.new():case_receive(), executor = funcs.new()} do
  assert(through(u) == nil, name)
  local c = through{a = u, [u] = 1, b = 2, list = {1, u, 3}}
  assert(c.a == nil and c.b == 2 and c.list[1] == 1 and c.list[2] == nil and c.list[3] == 3, name)
  local keys = 0
  for _ in pairs(c) do keys = keys + 1 end
  assert(keys == 2, name .. " leaves no key behind")
end
process.send(me, "self", 1)
local msg = inbox:receive()
assert(through(msg) == nil and through{msg}[1] == nil, "a Message becomes nil")
local p = payload.new({x = 1})
assert(through(p).x == 1 and through{p}[1].x == 1)
-- keys
local key = {1}
local c = through{[key] = "v", [1.5] = "f", [true] = "t", [-1] = "n", ["1"] = "s", [1] = "i", k = key}
assert(c[1.5] == "f" and c[true] == "t" and c[-1] == "n" and c["1"] == "s" and c[1] == "i" and c[c.k] == "v", "table keys keep their identity")
-- refusals name the place
for path, bad in pairs{cb = {cb = print}, deep = {a = {{deep = coroutine.create(print)}}}} do
  local ok, err = process.send(me, "t", 1, bad)
  assert(ok == nil and err:kind() == "Invalid" and string.find(err, path, 1, true) and string.find(err, "payload 2", 1, true), tostring(err))
  assert(string.find(err, path == "cb" and "function" or "thread", 1, true), tostring(err))
end
for _, bad in ipairs{print, coroutine.create(print), {[print] = 1}, process, string} do
  local ok, err = process.send(me, "t", bad)
  assert(ok == nil and err:kind() == "Invalid", tostring(err))
end
assert(channel.select{inbox:case_receive(), default = true}.default, "nothing was delivered")
-- depth
local function nested(n) local t = {} for _ = 2, n do t = {t} end return t end
assert(process.send(me, "t", nested(1000)) == true, "1000 tables")
inbox:receive()
local ok, err = process.send(me, "t", nested(1001))
assert(ok == nil and err:kind() == "Invalid", "1001 tables")
-- raw access, metatables, read-only data
c = through(setmetatable({a = 1}, {__index = {b = 2}, __pairs = function() error("not called") end, __len = function() return 9 end, __name = "X"}))
assert(c.a == 1 and c.b == nil and getmetatable(c) == nil and #c == 0)
c = through(table.freeze{a = 1})
c.a = 2
assert(c.a == 2, "the copy is mutable")
assert(through(payload.format).JSON == "json/plain" and through(process.event).EXIT == "pid.exit")
c = through(setmetatable({}, {__index = function() error("no") end}))
assert(next(c) == nil)
-- arguments and results of calls by the same rules
local v = funcs.call("test:echo", {1, time.now(), 3})
assert(v[1] == 1 and v[2] == nil and v[3] == 3)
v, err = funcs.call("test:bad")
assert(v == nil and err:kind() == "Invalid", tostring(err))
-- @entry test:echo
-- @kind function.lua
return (...)
-- @entry test:bad
-- @kind function.lua
return {f = print}
