-- @modules funcs, time
-- concurrency.md § 9.7
local funcs = require("funcs")
local time = require("time")
process.registry.register("watcher")
local seen = process.listen("seen")
local child = process.spawn("test:caller", "app:host")
assert(seen:receive() == "callee started", "it runs")
assert(seen:receive() == "callee started", "twice")
process.terminate(child)
time.sleep("200ms")
assert(channel.select({seen:case_receive()}, true).default, "both callees were aborted")

-- @entry test:caller
-- @modules funcs
local funcs = require("funcs")
funcs.async("test:callee")
funcs.call("test:callee")

-- @entry test:callee
-- @kind function.lua
-- @modules time
process.send("watcher", "seen", "callee started")
require("time").sleep("50ms")
process.send("watcher", "seen", "callee finished")
