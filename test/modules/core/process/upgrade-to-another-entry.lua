-- process.md § 12.5-12.6.
local pid = process.spawn_monitored("test:one", "app:host", "test:two")
local result = process.events():receive().result
assert(result.value == "two", tostring(result.error))
process.spawn_monitored("test:one", "app:host", "test:nowhere")
result = process.events():receive().result
assert(string.find(tostring(result.error), "^upgrade:"), tostring(result.error))
local ok, err = pcall(process.upgrade, {})
assert(not ok and string.find(err, "bad argument #1"), err)
-- @entry test:one
process.upgrade((...))
-- @entry test:two
assert(process.id() == "test:two")
return "two"
