-- @expect ok
local t = {}
t[2^52 | 0] = 1
t[math.maxinteger] = 1
t[1e9 | 0] = 1
assert(#t == 0 or t[#t] ~= nil)
assert(not pcall(table.insert, t, 2^60 | 0, "x"))
table.move({ 1 }, 1, 1, 1e15 | 0, t)
assert(t[1e15 | 0] == 1)
