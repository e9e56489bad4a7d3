-- @expect ok
local bad = setmetatable({}, { __tostring = function() return {} end })
assert(not pcall(tostring, bad))
assert(not pcall(string.format, "%s", bad))
assert(not pcall(print, bad))
