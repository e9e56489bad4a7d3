-- @modules time
-- concurrency.md § 12.10
local time = require("time")
local before = time.now()
local ch = time.after("10ms")
local t, ok = ch:receive()
assert(ok and type(t) == "userdata" and t:sub(before):milliseconds() >= 10, "a Time after at least 10 ms")
local again, more = ch:receive()
assert(again == nil and more == false, "then nil, false at once")
for _, bad in ipairs({0, -5, "x", false}) do
  local value, err = time.after(bad)
  assert(value == nil and err:kind() == errors.INVALID, "invalid " .. tostring(bad))
end
local slow, fast = time.after("50ms"), time.after("5ms")
local r = channel.select{slow:case_receive(), fast:case_receive()}
assert(r.channel == fast and r.ok, "the earlier one")
