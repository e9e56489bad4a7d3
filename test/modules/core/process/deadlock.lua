-- concurrency.md § 5, Checks 9.
-- @kind function.lua
-- @fails deadlock: all coroutines blocked with no pending operations (threads=1)
pcall(function() channel.new():receive() end)
