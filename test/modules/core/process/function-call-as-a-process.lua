-- process.md § 14.1, Checks 16.
-- @kind function.lua
assert(string.find(process.pid(), "^{test:main|0x%x+}$"), process.pid())
local pid = process.spawn_monitored("test:child", "app:host", process.pid())
assert(process.inbox():receive():from() == pid)
assert(process.events():receive().from == pid)
local ok, err = process.upgrade()
assert(ok == nil and err:kind() == "Invalid")
-- @entry test:child
process.send((...), "hello")
