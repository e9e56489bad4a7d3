-- errors-and-payloads.md § 6.
local f = payload.format
assert(f.LUA == "lua/any" and f.JSON == "json/plain" and f.YAML == "yaml/plain" and f.STRING == "text/plain" and f.BYTES == "application/octet-stream")
assert(f.MSGPACK == "application/msgpack" and f.GOLANG == "golang/any" and f.ERROR == "golang/error" and require("payload") == payload)
local function as(v, format) return payload.new(v):transcode(format) end
for _, pair in ipairs{{"s", "s"}, {12, "12"}, {2.0, "2"}, {1.5, "1.5"}, {math.maxinteger, "9223372036854775807"}, {true, "true"}, {false, "false"}, {{a = 1}, '{"a":1}'}, {{1, 2}, "[1,2]"}} do
  for _, format in ipairs{f.STRING, f.BYTES} do
    local p = as(pair[1], format)
    assert(p:get_format() == format and p:data() == pair[2], tostring(pair[1]) .. ": " .. tostring(p:data()))
    assert(p:transcode(f.LUA):data() == pair[2] and p:transcode(f.LUA):get_format() == f.LUA)
  end
end
assert(as(nil, f.STRING):data() == "" and as("\0\255", f.BYTES):data() == "\0\255")
local value = {n = 1, f = 1.5, s = "x", list = {1, 2, 3}, b = true, nested = {a = {b = 1}}}
for _, format in ipairs{f.JSON, f.YAML, f.MSGPACK, f.GOLANG, f.LUA} do
  local p = as(value, format)
  local d = p:data()
  assert(d.n == 1 and d.f == 1.5 and d.s == "x" and d.list[3] == 3 and d.b == true and d.nested.a.b == 1, format)
  assert(math.type(d.n) == "integer" and math.type(d.f) == "float", format)
  assert(p:data() == d and p:unmarshal() == d and tostring(p) == "payload{format=" .. format .. "}")
  local back = p:transcode(f.LUA)
  assert(back:get_format() == f.LUA and back:data().list[2] == 2)
  for _, other in ipairs{f.JSON, f.YAML, f.MSGPACK, f.GOLANG} do assert(p:transcode(other):data().nested.a.b == 1, format .. " to " .. other) end
  local scalar = as(math.maxinteger, format):data()
  assert(scalar == math.maxinteger, format .. " " .. tostring(scalar))
  assert(as(nil, format):data() == nil and select(2, as(nil, format):data()) == nil)
end
for _, bad in ipairs{"", "x/y", "json", f.ERROR} do
  local p, err = as({}, bad)
  assert(p == nil and err:kind() == "Internal" and err:retryable() == false, bad)
end
for _, bad in ipairs{{}, true, 5, f} do assert(not pcall(payload.new(1).transcode, payload.new(1), bad), tostring(bad)) end
assert(not pcall(payload.new(1).transcode, payload.new(1)))
local e = errors.new("NOT_FOUND", "m")
local p = payload.new(e)
assert(p:get_format() == f.ERROR and p:data() == e and select("#", p:data()) == 1, "an error is the value")
assert(as({f = print, a = 1}, f.JSON):data().f == nil, "null, as the json module writes it")
for _, method in ipairs{"data", "get_format", "unmarshal", "transcode"} do
  local ok, err = pcall(p[method], {}, f.JSON)
  assert(not ok and err:find("payload expected", 1, true), tostring(err))
end
assert(payload.new():data() == nil and payload.new(print):data() == print, "never fails")
