-- @expect ok
local t = {}
for _ = 1, 200000 do t = setmetatable({}, { __index = t }) end
assert(not pcall(function() return t.x end), "a chain of tables has an end")
