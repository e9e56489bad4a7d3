-- @expect killed
local t = setmetatable({}, { __len = function() return 2^40 | 0 end })
table.insert(t, 1, "x")
