-- @expect ok
local ok, err = pcall(table.sort, setmetatable({}, { __len = function() return math.maxinteger end }))
assert(not ok and err:find("array too big"), err)
