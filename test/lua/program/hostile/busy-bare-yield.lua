-- @expect killed
-- Giving the turn to nobody is not waiting.
while true do coroutine.yield() end
