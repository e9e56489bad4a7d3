-- @expect ok
local big = ("x"):rep(3e7)
local ok, err = pcall(string.pack, "s4s4s4", big, big, big)
assert(not ok and err:find("resulting string too large"), err)
ok, err = pcall(string.pack, "c1000000000", "x")
assert(not ok, "a size in the format is checked too")
