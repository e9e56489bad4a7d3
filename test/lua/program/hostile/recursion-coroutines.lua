-- @expect ok
local function nest(n) return coroutine.wrap(function() return nest(n + 1) end)() end
local ok, err = pcall(nest, 1)
assert(not ok, "coroutines in coroutines end in an error")
