-- process.md Checks 9, § 2.4.
-- @modules time
local pid, err = process.spawn_monitored("test:child", "app:host")
assert(pid == nil and err:kind() == "Internal", tostring(err))
assert(string.find(err, "top level boom") and string.find(err, "test:child:"), tostring(err))
local fired = time.after("100ms")
local r = channel.select{process.events():case_receive(), fired:case_receive()}
assert(r.channel == fired, "no EXIT")
-- @entry test:child
-- @chunk
error("top level boom")
