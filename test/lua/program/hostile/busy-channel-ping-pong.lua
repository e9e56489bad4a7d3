-- @expect killed
local a, b = channel.new(), channel.new()
coroutine.spawn(function() while true do a:receive() b:send(1) end end)
while true do a:send(1) b:receive() end
