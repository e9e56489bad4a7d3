-- @modules events
-- concurrency.md § 10, § 12.19
local events = require("events")
local sub = assert(events.subscribe("test.*"))
assert(sub:channel() == sub:channel(), "the same channel")
for i = 1, 200 do
  assert(events.send("test.x", "k", "/p", {n = i}) == true, "sent")
  events.send("other.x", "k", "/p")
end
for i = 1, 200 do
  local event, ok = sub:channel():receive()
  assert(ok and event.system == "test.x" and event.kind == "k" and event.path == "/p", "fields")
  assert(event.data.n == i, "in order, none lost")
end
assert(channel.select({sub:channel():case_receive()}, true).default, "not other.x")
assert(sub:close() == true and sub:close() == true, "close is repeatable")
local v, ok = sub:channel():receive()
assert(v == nil and ok == false, "closed")

local value, err = events.subscribe("")
assert(value == nil and err:kind() == errors.INVALID, "empty system")
assert(not pcall(events.subscribe, nil) and not pcall(events.send, "a", "b", nil), "nil raises")
for _, t in ipairs({{"", "k", "p"}, {"s", "", "p"}, {"s", "k", ""}}) do
  value, err = events.send(t[1], t[2], t[3])
  assert(value == nil and err:kind() == errors.INVALID, "empty argument")
end
value, err = events.send("s", "k", "p", {f = print})
assert(value == nil and err:kind() == errors.INVALID, "data is copied")
