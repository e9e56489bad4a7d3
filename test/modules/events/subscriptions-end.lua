-- @modules events, time
-- concurrency.md § 10.4: what is buffered at close stays readable; subscriptions end with their process
local events = require("events")
local time = require("time")
local sub = events.subscribe("s")
for i = 1, 100 do events.send("s", "k", "p", i) end
time.sleep("5ms")
sub:close()
local count = 0
while sub:channel():receive() do count = count + 1 end
assert(count == 64, "64 are readable after close, got " .. count)

local pid = process.spawn("test:child", "app:host")
time.sleep("5ms")
process.terminate(pid)
time.sleep("5ms")
assert(events.send("s", "k", "p") == true, "nobody left to be harmed")

-- @entry test:child
-- @modules events
require("events").subscribe("s"):channel():receive()
process.inbox():receive()
