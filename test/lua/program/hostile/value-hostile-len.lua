-- @expect ok
local t = setmetatable({}, { __len = function() return -1 end })
table.unpack(t) table.concat(t) table.sort(t)
t = setmetatable({}, { __len = function() return 2^53 end })
assert(not pcall(table.unpack, t))
