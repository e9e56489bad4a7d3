-- @expect ok
_G.print, _G.string, _G.pcall = nil, nil, nil
assert(print == nil and string == nil)
assert(("x"):upper() == "X", "methods do not depend on globals")
_ENV = {}
