-- @expect ok
local ok, err = pcall(string.rep, "x", 1e9)
assert(not ok and err:find("resulting string too large"), err)
ok, err = pcall(string.rep, "x", 1, ("y"):rep(1e6))
assert(ok)
ok, err = pcall(string.rep, "", 1e18)
assert(ok and err == "")
ok, err = pcall(string.rep, "abc", math.maxinteger)
assert(not ok)
