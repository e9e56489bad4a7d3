-- process.md Checks 6.
-- @modules time
process.spawn_linked("test:b", "app:host")
time.sleep("20ms")
local r = channel.select{process.events():case_receive(), default = true}
assert(r.default, "no event")
-- @entry test:b
return 1
