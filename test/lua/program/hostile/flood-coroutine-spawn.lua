-- @expect either
while true do coroutine.spawn(function() channel.new():receive() end) end
