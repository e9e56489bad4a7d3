-- concurrency.md § 1: send that meets a receiver: the sender goes on; receive that meets a sender: the receiver.
local ch, log = channel.new(), {}
local function say(text) log[#log + 1] = text end
coroutine.spawn(function() say("received " .. ch:receive()) end)
ch:send(1)
say("sent")
coroutine.yield()
coroutine.spawn(function() ch:send(2) say("sender on") end)
say("got " .. ch:receive())
coroutine.yield()
assert(table.concat(log, ", ") == "sent, received 1, got 2, sender on", table.concat(log, ", "))
