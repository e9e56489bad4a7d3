-- @expect killed
local ch = channel.new(1e15)
while true do ch:send(1) end
