-- @modules events
-- concurrency.md § 10.1, 10.3, 10.5
local events = require("events")
events.send("s", "before", "p")
local all = events.subscribe("s")
local some = events.subscribe("(s|t)", "order.*")
local data = {list = {1}}
events.send("s", "order.created", "p", data)
events.send("s", "orders", "p")
data.list[1] = "changed later"
local a = all:channel():receive()
local b = some:channel():receive()
assert(a.kind == "order.created", "what was sent before subscribing is not seen")
assert(a.data.list[1] == 1 and a.data ~= b.data, "each has a copy of the moment it was sent")
a.data.list[1] = "mine"
assert(b.data.list[1] == 1, "of its own")
assert(all:channel():receive().kind == "orders", "no pattern: all kinds")
assert(channel.select({some:channel():case_receive()}, true).default, "order.* is not orders")
assert(a.path == "p", "fields")
events.send("t", "order.x.y", "p")
assert(some:channel():receive().kind == "order.x.y", "a trailing star takes more than one word")
local none = events.subscribe("s")
events.send("s", "k", "p")
assert(none:channel():receive().data == nil, "no data")
