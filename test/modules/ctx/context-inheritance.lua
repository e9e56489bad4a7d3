-- concurrency.md § 11.2-11.5.
-- @modules ctx, funcs
assert(next(ctx.all()) == nil and select("#", ctx.all()) == 2)
local e = errors.new{message = "m", kind = "K"}
local s = process.with_context{a = 1, list = {1}, off = false, e = e, p = payload.new({x = 1}), u = channel.new()}
for _, start in ipairs{"exec", "spawn"} do
  local got = start == "exec" and s:exec("test:child", "app:host", "exec") or nil
  if start == "spawn" then
    s:spawn("test:child", "app:host", process.pid())
    got = process.inbox():receive():payload():data()
  end
  assert(got.a == 1 and got.off == false and got.error == "K" and got.x == 1 and got.u == "NotFound", start .. tostring(got.u))
  assert(got.grandchild == 1 and got.called == 1 and got.exec == "over", "handed on by spawn, call and exec")
end
for _, bad in ipairs{5, {}, false} do assert(not pcall(ctx.get, bad)) end
assert(not pcall(ctx.get, nil) and not pcall(ctx.get))
assert(ctx.set == nil)
-- @entry test:child
-- @modules ctx, funcs
local to = ...
local all = ctx.all()
all.a = "mine"
local _, u = ctx.get("u")
process.spawn("test:grandchild", "app:host", process.pid())
local result = {
  a = ctx.get("a"), off = ctx.get("off"), error = ctx.get("e"):kind(), x = ctx.get("p").x, u = u and u:kind(),
  grandchild = process.inbox():receive():payload():data(), called = funcs.call("test:fn"),
  exec = process.with_context{a = "over"}:exec("test:read", "app:host"),
}
if to == "exec" then return result end
process.send(to, "result", result)
-- @entry test:grandchild
-- @modules ctx
process.send((...), "a", (ctx.get("a")))
-- @entry test:fn
-- @kind function.lua
-- @modules ctx
return (ctx.get("a"))
-- @entry test:read
-- @modules ctx
return (ctx.get("a"))
