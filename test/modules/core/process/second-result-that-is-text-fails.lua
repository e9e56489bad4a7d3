-- process.md Checks 4, § 13.
local events = process.events()
process.spawn_monitored("test:child", "app:host")
local result = events:receive().result
assert(result.value == nil, "no value beside an error")
assert(tostring(result.error) == "x" and result.error:kind() == "Internal")
assert(result.error:retryable() == false)
-- @entry test:child
return false, "x"
