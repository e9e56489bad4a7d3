-- @expect killed
local x = 0
repeat x = x + 1 until x < 0
