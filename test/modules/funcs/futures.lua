-- @modules funcs, time
-- concurrency.md § 9 Future, § 12.15-16
local funcs = require("funcs")
local time = require("time")
local before = time.now()
local futures = {}
for i = 1, 5 do futures[i] = assert(funcs.async("test:slow", i)) end
local value, err = futures[1]:result()
assert(value == nil and err == nil and not futures[1]:is_complete(), "pending")
for i = 1, 5 do
  local payload, ok = futures[i]:response():receive()
  assert(ok and payload:data() == i, "a Payload")
  payload, ok = futures[i]:channel():receive()
  assert(payload == nil and ok == false, "then closed")
end
assert(time.now():sub(before):milliseconds() < 400, "they ran together")
assert(futures[1]:response() == futures[1]:channel(), "the same channel")
assert(futures[1]:is_complete() and not futures[1]:is_canceled(), "complete")
value, err = futures[1]:result()
assert(value:data() == 1 and err == nil, "result after the receive")
err, ok = futures[1]:error()
assert(err == nil and ok == false, "no error")

local failing = funcs.async("test:fail")
local received, ok2 = failing:response():receive()
assert(ok2 and received:kind() == "NotFound", "the error object itself")
received, ok2 = failing:response():receive()
assert(received == nil and ok2 == false, "then closed")
err, ok = failing:error()
assert(ok and err:kind() == "NotFound", "kind is kept")
value, err = failing:result()
assert(value == nil and err:kind() == "NotFound", "result of a failure")

local canceled = funcs.async("test:slow", 1)
assert(canceled:cancel() == true and canceled:cancel() == true, "cancel")
value, err = canceled:result()
assert(value == nil and err:kind() == "Canceled" and canceled:is_canceled(), "canceled")
received, ok2 = canceled:response():receive()
assert(received == nil and ok2 == false, "its channel is closed")
futures[2]:cancel()
assert(select(2, futures[2]:result()):kind() == "Canceled", "also after completion")

local missing = funcs.async("test:nowhere")
received = missing:response():receive()
assert(received:kind() == errors.NOT_FOUND, "unknown functions are reported at the latest here")
local none = funcs.async("test:nothing")
received = none:response():receive()
assert(received:data() == nil and select("#", received:data()) >= 1, "a Payload that holds nil")
local bad, why = funcs.async("bad")
assert(bad == nil and why:kind() == errors.INVALID, "invalid target")

-- @entry test:slow
-- @kind function.lua
-- @modules time
require("time").sleep("100ms")
return (...)

-- @entry test:fail
-- @kind function.lua
return nil, errors.new{message = "gone", kind = errors.NOT_FOUND}

-- @entry test:nothing
-- @kind function.lua
return nil
