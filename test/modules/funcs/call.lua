-- @modules funcs
-- concurrency.md § 9
local funcs = require("funcs")
local value, err = funcs.call("test:add", 2, 3)
assert(value == 5 and err == nil, "first result")
assert(select("#", funcs.call("test:add", 2, 3)) == 2, "value and nil")

value, err = funcs.call("test:note")
assert(value == nil and err:message() == "note", "§ 12.17: a second result is a failure")
assert(err:retryable() == false, "of a returned text")
value, err = funcs.call("test:fail")
assert(value == nil and err:kind() == "Conflict" and err:retryable() == true, "kind and retryable arrive")
assert(err:details().id == 7, "details too")
value, err = funcs.call("test:fail", "plain")
assert(err:kind() == "Internal" and string.find(err:message(), "plain", 1, true), "kind '' becomes Internal")
value, err = funcs.call("test:raise")
assert(string.find(err:message(), "test:raise:", 1, true) and err:retryable() == nil, "a raise")

for _, target in ipairs({"", "add", ":add", "test:"}) do
  value, err = funcs.call(target)
  assert(value == nil and err:kind() == errors.INVALID, "invalid target " .. target)
end
value, err = funcs.call("test:nowhere")
assert(err:kind() == errors.NOT_FOUND and err:details().target == "test:nowhere", "unknown")
value, err = funcs.call("test:main")
assert(err:kind() == errors.NOT_FOUND, "a process without default host is no function")
assert(not pcall(funcs.call, 5), "a target is text")
value, err = funcs.call("test:add", print)
assert(value == nil and err:kind() == errors.INVALID, "arguments are copied")

local sent = {inner = {1}}
local back = funcs.call("test:echo", sent)
assert(back ~= sent and back.inner[1] == 1, "results are copied")
assert(funcs.call("test:recurse", 5) == 5, "calls of calls")
assert(funcs.call("test:process", 4) == 8, "processes with a default host are callable (process.md § 14.6)")

-- @entry test:add
-- @kind function.lua
local a, b = ...
return a + b

-- @entry test:note
-- @kind function.lua
return 1, "note"

-- @entry test:fail
-- @kind function.lua
if ... then return nil, errors.new("plain") end
return nil, errors.new{message = "m", kind = errors.CONFLICT, retryable = true, details = {id = 7}}

-- @entry test:raise
-- @kind function.lua
error("boom")

-- @entry test:echo
-- @kind function.lua
return ...

-- @entry test:recurse
-- @kind function.lua
-- @modules funcs
local n = ...
if n == 0 then return 0 end
return require("funcs").call("test:recurse", n - 1) + 1

-- @entry test:process
-- @default_host app:host
local n = ...
return n * 2
