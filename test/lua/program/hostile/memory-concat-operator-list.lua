-- @expect error: resulting string too large
local b = ("x"):rep(3e7)
return b .. b .. b .. b
