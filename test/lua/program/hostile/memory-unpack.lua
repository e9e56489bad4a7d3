-- @expect ok
local ok, err = pcall(table.unpack, {}, 1, 1e8)
assert(not ok and err:find("too many results to unpack"), err)
ok, err = pcall(string.byte, ("x"):rep(5e6), 1, -1)
assert(not ok and err:find("stack overflow") or err:find("too long"), tostring(err))
assert(select("#", table.unpack({}, 1, 200000)) == 200000, "many results are fine")
