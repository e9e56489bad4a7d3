-- concurrency.md § 2.5.
-- @modules time
local ok, v = pcall(function() time.sleep("1ms") return "slept" end)
assert(ok and v == "slept")
ok, v = xpcall(function() time.sleep("1ms") error("after") end, function(m) return "handled " .. m end)
assert(not ok and v:match("handled .*after"), tostring(v))
local t = setmetatable({}, {
  __index = function(_, k) time.sleep("1ms") return k .. "!" end,
  __add = function(a, b) time.sleep("1ms") return 42 end,
  __call = function(_, x) time.sleep("1ms") return x end,
})
assert(t.x == "x!" and t + 1 == 42 and t(7) == 7)
local n = 0
for i in function(_, i) time.sleep("1ms") if (i or 0) < 3 then return (i or 0) + 1 end end do n = n + i end
assert(n == 6)
