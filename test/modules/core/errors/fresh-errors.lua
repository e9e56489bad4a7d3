-- errors-and-payloads.md Checks 1, § 1.
-- @modules funcs
local e = errors.new("x")
assert(e:kind() == "" and e:retryable() == nil and e:details() == nil and e:message() == "x")
assert(type(e) == "userdata" and tostring(e) == "x" and #e:stack() > 0)
local value, err = funcs.call("test:fn")
assert(value == nil and err:kind() == "Internal" and err:message() == "x")
-- @entry test:fn
-- @kind function.lua
return nil, errors.new("x")
