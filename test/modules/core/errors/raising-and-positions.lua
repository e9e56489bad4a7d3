-- errors-and-payloads.md § 3.
local function raised(fn, ...) return select(2, pcall(fn, ...)) end
local function at2() error("two", 2) end
assert(raised(error, "none", 0) == "none")
assert(raised(function() error("here") end) == "test:main:5: here")
assert(raised(function() at2() end) == "test:main:6: two")
assert(raised(function() local x = nil; x() end):find("^test:main:7: attempt to call"))
for _, v in ipairs{{}, true, print, 1.5} do assert(raised(error, v) == v) end
local e = errors.new("e")
assert(raised(assert, false, e) == e and raised(assert, nil, "text") == "text" and raised(assert, nil) == "assertion failed!")
assert(raised(assert, false, nil) == nil and not pcall(assert))
assert(select("#", assert(1, nil, 3)) == 3 and select(3, assert(1, nil, 3)) == 3)
local handled = {xpcall(error, function(m) return {m} end, e)}
assert(handled[1] == false and handled[2][1] == e)
-- deep recursion is an ordinary error
local function deep(n) return 1 + deep(n + 1) end
local ok, err = pcall(deep, 1)
assert(not ok and tostring(err):find("stack overflow", 1, true), tostring(err))
local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end})
ok, err = pcall(function() return t[1] end)
assert(not ok and tostring(err):find("overflow", 1, true), tostring(err))
assert(1 + 1 == 2, "and the unit goes on")
