-- @expect killed
local err = errors.new("x")
while true do err = errors.wrap(err, "context") local _ = tostring(err) end
