-- @expect ok
local t = setmetatable({}, { __name = ("x"):rep(1e6) })
local ok, err = pcall(function() return t + 1 end)
assert(not ok and type(err) == "string")
ok, err = pcall(string.rep, t)
assert(not ok)
