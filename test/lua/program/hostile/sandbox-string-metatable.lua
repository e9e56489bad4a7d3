-- @expect ok
local mt = getmetatable("")
assert(type(mt) ~= "table", "the metatable of strings is nobody's")
assert(not pcall(setmetatable, "", {}))
assert(not pcall(function() ("").x = 1 end))
assert(getmetatable(string) == false or getmetatable(string) == nil)
assert(getmetatable(print) == nil and getmetatable(1) == nil and getmetatable(nil) == nil)
