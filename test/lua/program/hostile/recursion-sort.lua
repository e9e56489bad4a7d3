-- @expect ok
local function again() table.sort({ 1, 2, 3 }, again) return true end
assert(not pcall(again))
