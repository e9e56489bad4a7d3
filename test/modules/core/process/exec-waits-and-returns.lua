-- process.md § 9.7.
local ticks = 0
coroutine.spawn(function() ticks = ticks + 1 end)
local value, err = process.exec("test:child", "app:host", 20, 22)
assert(value == 42 and err == nil)
value, err = process.exec("test:child", "app:host", "x", {})
assert(value == nil and err:kind() == "Internal" and string.find(err, "arithmetic"), tostring(err))
value, err = process.exec("child", "app:host")
assert(value == nil and err:kind() == "Invalid")
value, err = process.exec("test:nowhere", "app:host")
assert(value == nil and err:kind() == "NotFound")
value, err = process.exec("test:child", "app:nowhere")
assert(value == nil and err:kind() == "NotFound" and err:details().host_id == "app:nowhere")
assert(channel.select{process.events():case_receive(), default = true}.default, "no event about it")
-- @entry test:child
local a, b = ...
return a + b
