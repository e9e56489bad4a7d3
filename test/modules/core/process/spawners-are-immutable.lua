-- process.md Checks 11, § 10.
-- @modules ctx
local base = process.with_context{a = 1}
local derived = base:with_context{a = 2, b = 3}
assert(base:exec("test:child", "app:host") == "1nil")
assert(derived:exec("test:child", "app:host") == "23")
assert(process.exec("test:child", "app:host") == "nilnil", "the caller's own values are unchanged")
assert(not pcall(process.with_context, {[1] = 2}), "keys are strings")
assert(not pcall(base.with_context, base, 1), "a table is wanted")
assert(not pcall(base.with_name, base, ""), "a name is wanted")
assert(not pcall(base.with_message, base, "@x"), "no @ topics")
assert(not pcall(base.with_actor, base, nil))
-- @entry test:child
-- @modules ctx
return tostring(ctx.get("a")) .. tostring(ctx.get("b"))
