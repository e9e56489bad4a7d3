-- process.md § 13: what main returns and what comes of it.
local events = process.events()
local function result_of(case)
  process.spawn_monitored("test:child", "app:host", case)
  return events:receive().result
end
assert(next(result_of("nothing")) == nil, "no value, no error")
assert(result_of("pair").value == 1, "a second false is no error")
assert(result_of("number").value == 1, "nor is a number")
assert(result_of("table").value == 1, "nor is a table")
local err = result_of("empty").error
assert(err:message() == "" and err:retryable() == false, "an empty text is an error")
err = result_of("object").error
assert(err:kind() == "NotFound" and err:message() == "m" and err:details().id == 1 and err:retryable() == nil)
err = result_of("raise").error
assert(err:message() == "test:child:29: boom", err:message())
assert(err:kind() == "Internal" and err:retryable() == nil)
assert(string.find(err:stack(), "test:child:29", 1, true), "the stack is that of the child: " .. err:stack())
err = result_of("function").error
assert(err:kind() == "Invalid", "a result that cannot be copied is a failure")
-- @entry test:child
local case = ...
if case == "nothing" then return end
if case == "pair" then return 1, false end
if case == "number" then return 1, 42 end
if case == "table" then return 1, {} end
if case == "empty" then return 1, "" end
if case == "object" then return 1, errors.new{message = "m", kind = errors.NOT_FOUND, details = {id = 1}} end
if case == "raise" then error("boom") end
return function() end
