-- process.md § 13, concurrency.md Checks 2.
-- @fails x
pcall(function()
  coroutine.spawn(function() error("x") end)
end)
process.inbox():receive()
