-- @expect ok
assert(load == nil and string.dump == nil)
local ok = pcall(function() return ("\27Lua"):rep(3) end)
assert(ok)
