-- @expect ok
local ok, err = pcall(string.format, "%99999d", 1)
assert(not ok and err:find("too long"), err)
local big = ("x"):rep(3e7)
ok, err = pcall(string.format, "%s%s%s", big, big, big)
assert(not ok and err:find("resulting string too large"), err)
