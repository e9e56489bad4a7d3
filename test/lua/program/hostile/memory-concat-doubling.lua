-- @expect error: resulting string too large
local s = "x"
while true do s = s .. s end
