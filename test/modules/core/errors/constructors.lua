-- errors-and-payloads.md § 2.
assert(errors.UNKNOWN == "" and errors.NOT_FOUND == "NotFound" and errors.RATE_LIMITED == "RateLimited")
assert(errors.new("TIMEOUT", "m"):kind() == "Timeout" and errors.new("Timeout", "m"):message() == "m")
assert(errors.new("first", "second"):message() == "first", "no known kind: the second is ignored")
assert(errors.new{message = "m", kind = "MY_OWN"}:kind() == "MY_OWN")
assert(errors.new{message = "m", details = {}}:details() == nil, "empty details are none")
local e = errors.new{message = "m", details = {list = {1, 2}}}
e:details().list[1] = "changed"
assert(e:details().list[1] == 1, "a fresh copy each time")
for _, bad in ipairs{{}, {message = 1}, {message = "m", retryable = "yes"}, {message = "m", kind = 1},
    {message = "m", details = "x"}, {message = "m", details = {f = print}}} do
  assert(not pcall(errors.new, bad))
end
for _, bad in ipairs{1, true, 1.5} do assert(not pcall(errors.new, bad)) end
assert(not pcall(errors.new))
assert(errors.is(e, "") and not errors.is(nil, "") and not errors.is("x", "Invalid") and not errors.is())
assert(errors.call_stack(1) == nil)
