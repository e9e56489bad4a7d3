-- process.md § 14.6: a process with a default host answers calls; an aborted caller only cancels it.
-- @modules funcs, time
local time = require("time")
process.registry.register("parent")
local inbox = process.inbox()
assert(funcs.call("test:worker", "add", 2, 3) == 5)
local v, err = funcs.call("test:worker", "fail")
assert(v == nil and err:kind() == "Conflict")
v, err = funcs.call("test:worker", "text")
assert(v == nil and err:message() == "why" and err:retryable() == false)
local future = funcs.async("test:worker", "wait")
local pid = inbox:receive():from()
assert(pid:match("^{app:host|"), "it runs on its host: " .. pid)
future:cancel()
local msg = inbox:receive()
assert(msg:topic() == "canceled" and msg:payload():data() == "caller context canceled", msg:payload():data())
assert(process.send(pid, "end") == true, "and is left running")
v, err = funcs.new():with_options{timeout = "10ms"}:call("test:worker", "wait")
assert(v == nil and err:kind() == "Timeout")
pid = inbox:receive():from()
assert(inbox:receive():payload():data() == "caller context canceled")
process.terminate(pid)
v, err = funcs.call("test:plain")
assert(v == nil and err:kind() == "NotFound" and err:details().target == "test:plain")
-- @entry test:plain
return 1
-- @entry test:worker
-- @default_host app:host
local case, a, b = ...
if case == "add" then return a + b end
if case == "fail" then return nil, errors.new("CONFLICT", "m") end
if case == "text" then return 1, "why" end
process.send("parent", "started")
local event = process.events():receive()
process.send("parent", "canceled", event.reason)
process.inbox():receive()
