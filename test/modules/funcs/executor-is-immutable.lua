-- concurrency.md § 9.4-9.6.
-- @modules funcs, ctx, time
local base = funcs.new()
local a = base:with_context{v = 1, w = 1}
local b = a:with_context{v = 2}
assert(a ~= b and base:call("test:fn") == "nil nil" and a:call("test:fn") == "1 1" and b:call("test:fn") == "2 1")
-- with_options replaces
local quick = b:with_options{timeout = "5ms"}
local v, err = quick:call("test:slow")
assert(v == nil and err:kind() == errors.TIMEOUT and err:retryable() == true)
assert(quick:with_options{}:call("test:slow") == "done", "earlier options are gone")
assert(quick:with_options{}:call("test:fn") == "2 1", "the context is not")
for _, method in ipairs{"with_context", "with_options", "with_actor", "with_scope"} do
  for _, bad in ipairs{1, "x", false, channel.new()} do assert(not pcall(base[method], base, bad), method) end
  assert(not pcall(base[method], base, nil) and not pcall(base[method], base), method)
end
assert(not pcall(base.with_actor, base, {}) and not pcall(base.with_scope, base, {}))
-- retry as the callee's meta says is looked at in the tests of options
local before = time.now()
v, err = base:with_options{timeout = 20}:call("test:slow")
assert(err:kind() == "Timeout" and time.now():sub(before):milliseconds() >= 20, "milliseconds")
-- @entry test:fn
-- @kind function.lua
-- @modules ctx
return tostring(ctx.get("v")) .. " " .. tostring(ctx.get("w"))
-- @entry test:slow
-- @kind function.lua
-- @modules time
time.sleep("50ms")
return "done"
