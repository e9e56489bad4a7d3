-- errors-and-payloads.md Checks 8-9, § 6.
local p = payload.new({a = 1})
assert(p:get_format() == payload.format.LUA and tostring(p) == "payload{format=lua/any}")
local j = p:transcode(payload.format.JSON)
assert(j:get_format() == "json/plain" and j:data().a == 1 and j:data() == j:data())
local none, err = p:transcode("x/y")
assert(none == nil and err:kind() == "Internal" and err:retryable() == false)
assert(not pcall(p.transcode, p, {}))
assert(payload.new(errors.new("e")):get_format() == "golang/error")
assert(payload.new(errors.new("e")):data():message() == "e")
local t = {}
assert(payload.new(t):data() == t, "no copy")
local v, e = payload.new(nil):data()
assert(v == nil and e == nil)
for name, format in pairs{YAML = "yaml/plain", MSGPACK = "application/msgpack", GOLANG = "golang/any"} do
  assert(payload.format[name] == format)
  local back = payload.new({list = {1, 2}, s = "x", n = 1.5}):transcode(format)
  assert(back:get_format() == format and back:unmarshal().list[2] == 2 and back:data().s == "x" and back:data().n == 1.5)
end
assert(payload.new(12):transcode(payload.format.STRING):data() == "12")
assert(payload.new(true):transcode(payload.format.BYTES):data() == "true")
assert(payload.new(nil):transcode(payload.format.STRING):data() == "")
assert(payload.new({1, 2}):transcode(payload.format.STRING):data() == "[1,2]")
local cycle = {}
cycle.c = cycle
for _, format in ipairs{"json/plain", "yaml/plain", "application/msgpack"} do
  none, err = payload.new(cycle):transcode(format)
  assert(none == nil and err:kind() == "Internal", format)
end
assert(not pcall(p.data, 1))
local ok, text = pcall(p.data, "x")
assert(text:match("payload expected"), text)
