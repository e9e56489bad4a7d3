-- @expect ok
-- A naive search compares half a million characters at each of half a million places.
local needle = "b" .. ("a"):rep(500000)
local hay = ("a"):rep(1000000)
assert(hay:find(needle, 1, true) == nil)
assert((hay .. needle):find(needle, 1, true) == 1000001)
