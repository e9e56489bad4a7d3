-- errors-and-payloads.md § 2.
local values = {
  UNKNOWN = "", INTERNAL = "Internal", INVALID = "Invalid", CANCELED = "Canceled", NOT_FOUND = "NotFound", CONFLICT = "Conflict",
  ALREADY_EXISTS = "AlreadyExists", TIMEOUT = "Timeout", PERMISSION_DENIED = "PermissionDenied", RATE_LIMITED = "RateLimited", UNAVAILABLE = "Unavailable",
}
for name, value in pairs(values) do
  assert(errors[name] == value, name)
  assert(errors.new(name, "m"):kind() == value and errors.new(value, "m"):kind() == value)
  assert(errors.new{message = "m", kind = name}:kind() == value)
end
assert(require("errors") == errors)
local e = errors.new("TIMEOUT", "m", "ignored")
assert(e:retryable() == nil and e:details() == nil)
assert(errors.new("TIMEOUT"):message() == "TIMEOUT" and errors.new("TIMEOUT"):kind() == "")
for _, r in ipairs{true, false} do assert(errors.new{message = "m", retryable = r}:retryable() == r) end
assert(errors.is(e, errors.TIMEOUT) == true and errors.is(e, "TIMEOUT") == false and errors.is(e) == false and errors.is(nil) == false)
for _, x in ipairs{1, "Timeout", {}, print, true} do assert(errors.is(x, "Timeout") == false and errors.call_stack(x) == nil) end
assert(errors.call_stack() == nil and errors.call_stack(nil) == nil)
assert(errors.wrap(nil) == nil and not pcall(errors.wrap, e) and not pcall(errors.wrap, {}, "c") and not pcall(errors.wrap, e, {}))
assert(not pcall(errors.new) and not pcall(errors.new, nil) and not pcall(errors.new, print))
local w = errors.wrap(errors.wrap("text", "inner"), "outer")
assert(tostring(w) == "outer: inner: text" and w:message() == "text" and w:retryable() == nil)
assert(string.find(w, "outer: inner", 1, true) and "" .. w == tostring(w))
-- what the host says about trying again
local _, err = process.send("nobody", "t")
assert(err:retryable() == false and err:kind() == "NotFound")
assert(errors.new{message = "", kind = ""}:message() == "")
local cycle = {}
cycle.self = cycle
assert(errors.new{message = "m", details = cycle}:details().self ~= cycle)
assert(not pcall(errors.new, {message = "m", details = {f = print}}))
