-- @expect ok
local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end })
assert(not pcall(function() return t[1] end))
local c = setmetatable({}, { __concat = function(a, b) return a .. b end })
assert(not pcall(function() return c .. "x" end))
local e = setmetatable({}, { __tostring = function(s) return tostring(s) end })
assert(not pcall(tostring, e))
