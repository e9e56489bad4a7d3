-- process.md Checks 3: EXIT of a child that returns at once; names are gone by then.
local events = process.events()
local pid = assert(process.spawn_monitored("test:child", "app:host"))
local event = events:receive()
assert(event.kind == process.event.EXIT and event.from == pid, "EXIT of the child")
assert(event.result.error == nil and event.result.value == "v", "a success has its value")
assert(math.type(event.at) == "integer", "at is whole seconds")
local ok, err = process.send(pid, "t")
assert(ok == nil and string.find(err, "not found"), "the PID is gone")
assert(errors.is(select(2, process.registry.lookup("kid")), errors.NOT_FOUND), "its name is gone")
local more = channel.select{events:case_receive(), default = true}
assert(more.default, "exactly one EXIT")
-- @entry test:child
process.registry.register("kid")
return "v", nil
