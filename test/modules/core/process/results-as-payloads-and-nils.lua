-- process.md § 2.7, § 13: nils among arguments; only the first result counts; Payloads as results.
local events = process.events()
local function run(...)
  process.spawn_monitored("test:child", "app:host", ...)
  return events:receive().result
end
assert(run("arguments", nil, 2, nil).value == "4 nil 2 nil")
assert(run("nil").value == nil and run("nil").error == nil)
assert(run("false").value == false)
local value = run("payload").value
assert(type(value) == "table" and value.a == 1, tostring(value))
local got, err = process.exec("test:child", "app:host", "payload")
assert(got ~= nil and err == nil)
local r = run("kindless")
assert(r.error:kind() == "Internal" and r.value == nil, "UNKNOWN becomes INTERNAL")
r = run("raised object")
assert(r.error:kind() == "Timeout" and r.error:retryable() == true and tostring(r.error) == "ctx: m", tostring(r.error))
r = run("coroutine")
assert(r.error:message() == "test:child:38: in coroutine", tostring(r.error))
assert(r.error:stack():find("test:child:38", 1, true), r.error:stack())
r = run("false and text")
assert(r.error:message() == "why" and r.error:retryable() == false)
r = run("nested function")
assert(r.error:kind() == "Invalid", tostring(r.error))
r = run("userdata")
assert(r.value == nil and r.error == nil, "userdata becomes nil")
-- @entry test:child
local case = ...
if case == "arguments" then
  return select("#", ...) .. " " .. tostring(select(2, ...)) .. " " .. tostring(select(3, ...)) .. " " .. tostring(select(4, ...))
end
if case == "nil" then return nil, nil end
if case == "false" then return false end
if case == "payload" then return payload.new({a = 1}):transcode(payload.format.JSON) end
if case == "kindless" then error(errors.new("plain")) end
if case == "raised object" then error(errors.wrap(errors.new{message = "m", kind = errors.TIMEOUT, retryable = true}, "ctx")) end
if case == "coroutine" then
  coroutine.spawn(function() error("in coroutine") end)
  return "not reached"
end
if case == "false and text" then return false, "why" end
if case == "nested function" then return {x = {f = print}} end
if case == "userdata" then return channel.new() end
