-- concurrency.md § 2.6.
local pid, err = process.spawn("test:child", "app:host")
assert(pid == nil and tostring(err):match("attempt to yield from outside a coroutine"), tostring(err))
-- @entry test:child
-- @chunk
channel.new():receive()
