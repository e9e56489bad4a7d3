-- @modules pg, time
-- process.md § 12.4, § 18.2
local pg, time = require("pg"), require("time")
local scope = pg.open("app:scope")
local pid = assert(process.spawn_monitored("test:old", "app:host"))
time.sleep("5ms")
local members = scope:get_members("room")
assert(#members == 2 and members[1] == pid and members[2] == pid, "joined by the old and by the new code")
local sub = scope:monitor("room")
process.terminate(pid)
process.events():receive()
assert(#scope:get_members("room") == 0, "the end of the process is the end of both")
assert(#sub:channel():receive().data.PIDs == 2)
time.sleep("1ms")
assert(channel.select({sub:channel():case_receive(), default = true}).default, "one event")
-- The new code need not touch groups at all.
pid = assert(process.spawn_monitored("test:old", "app:host", "test:idle"))
time.sleep("5ms")
assert(#scope:get_members("room") == 1)
process.terminate(pid)
process.events():receive()
assert(#scope:get_members("room") == 0)

-- @entry test:old
-- @modules pg
local target = ...
require("pg").open("app:scope"):join("room")
process.upgrade(target or "test:new")

-- @entry test:new
-- @modules pg
require("pg").open("app:scope"):join("room")
process.inbox():receive()

-- @entry test:idle
process.inbox():receive()
