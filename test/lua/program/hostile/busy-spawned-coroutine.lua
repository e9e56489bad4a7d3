-- @expect killed
coroutine.spawn(function() while true do end end)
