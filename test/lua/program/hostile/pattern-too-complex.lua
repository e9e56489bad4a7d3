-- @expect ok
local ok, err = pcall(string.match, ("x"):rep(300), ("x?"):rep(250) .. "y")
assert(not ok and err:find("pattern too complex"), err)
ok, err = pcall(string.match, "x", ("("):rep(40))
assert(not ok and err:find("too many captures"), err)
