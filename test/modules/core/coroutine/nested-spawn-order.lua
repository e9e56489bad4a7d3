-- concurrency.md § 1: each spawned coroutine runs to its first wait, then its spawner goes on.
local log = {}
local function say(text) log[#log + 1] = text end
coroutine.spawn(function()
  say("a1")
  coroutine.spawn(function() say("b1") coroutine.yield() say("b2") end)
  say("a2")
  coroutine.yield()
  say("a3")
end)
say("main1")
coroutine.yield()
say("main2")
assert(table.concat(log, " ") == "a1 b1 a2 main1 b2 a3 main2", table.concat(log, " "))
