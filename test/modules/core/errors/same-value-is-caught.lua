-- errors-and-payloads.md Checks 4, § 3.
-- @modules funcs
local t = {}
local ok, caught = pcall(error, t)
assert(not ok and caught == t)
local e = errors.new("e")
ok, caught = pcall(error, e)
assert(caught == e and e ~= errors.new("e"))
local _, err = funcs.call("test:fn", "plain")
assert(err:message() == "error object is a table value" and err:details().code == 5, tostring(err))
_, err = funcs.call("test:fn", "tostring")
assert(err:message() == "as text")
_, err = funcs.call("test:fn", "fields")
assert(err:message() == "m" and err:kind() == "NotFound" and err:retryable() == true and err:details().x == 1)
for _, case in ipairs{{42, "42"}, {true, "error object is a boolean value"}} do
  _, err = funcs.call("test:fn", "value", case[1])
  assert(err:message() == case[2] and err:kind() == "Internal", tostring(err))
end
_, err = funcs.call("test:fn", "value", nil)
assert(err:message() == "nil")
_, err = funcs.call("test:fn", "level0")
assert(err:message() == "boom" and err:retryable() == nil)
-- @entry test:fn
-- @kind function.lua
local case, value = ...
if case == "plain" then error({code = 5}) end
if case == "tostring" then error(setmetatable({}, {__tostring = function() return "as text" end})) end
if case == "fields" then error({message = "m", kind = "NOT_FOUND", retryable = true, details = {x = 1}}) end
if case == "level0" then error("boom", 0) end
error(value)
