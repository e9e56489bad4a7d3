-- errors-and-payloads.md Checks 2, § 2.
local e = errors.new{message = "m", kind = errors.TIMEOUT, retryable = true, details = {a = 1}}
local w = errors.wrap(errors.wrap(e, "ctx1"), "ctx2")
assert(w:kind() == "Timeout" and w:retryable() == true and w:details().a == 1 and w:message() == "m")
assert(tostring(w) == "ctx2: ctx1: m", tostring(w))
assert(w ~= e)
w = errors.wrap("text", "ctx")
assert(w:message() == "text" and w:kind() == "" and tostring(w) == "ctx: text")
assert(errors.wrap(nil, "ctx") == nil)
