-- @expect ok
local ch, err = channel.new(), errors.new("x")
for _, object in ipairs { ch, err, process.inbox() } do
  assert(getmetatable(object) == false)
  assert(not pcall(setmetatable, object, {}))
  assert(not pcall(function() object.send = 1 end))
  assert(not pcall(rawget, object, "x"))
  for _, name in ipairs { "constructor", "__proto__", "prototype", "object", "type", "toString", "__index", "__gc" } do
    local ok, value = pcall(function() return object[name] end)
    assert(not ok or value == nil or type(value) == "function", name)
  end
end
