-- @expect ok
local function again(s) return (s:gsub(".", again)) end
local ok, err = pcall(again, "x")
assert(not ok and (err:find("stack overflow") or err:find("C levels")), err)
