-- @modules pg, time
-- modules.md § 33, process.md § 18.2
local pg, time = require("pg"), require("time")
local scope = pg.open("app:scope")
local pid = assert(process.spawn_monitored("test:member", "app:host"))
time.sleep("1ms")
local sub, members = scope:monitor("room")
assert(#members == 2 and members[1] == pid and members[2] == pid, "joined twice")
process.terminate(pid)
assert(process.events():receive().kind == process.event.EXIT)
assert(#scope:get_members("room") == 0, "gone when EXIT is read")
assert(#scope:which_groups() == 0, "out of every group")
local event = sub:channel():receive()
assert(event.system == "pg" and event.kind == "member.left" and event.path == "room", "fields")
assert(event.data.Group == "room" and #event.data.PIDs == 2 and event.data.PIDs[2] == pid, "repeated per join")
time.sleep("5ms")
assert(channel.select({sub:channel():case_receive(), default = true}).default, "exactly one event")

-- @entry test:member
-- @modules pg
local scope = require("pg").open("app:scope")
scope:join({"room", "room", "other"})
process.inbox():receive()
