-- @expect killed
table.concat(setmetatable({}, { __index = function() return "" end, __len = function() return 2^40 | 0 end }))
