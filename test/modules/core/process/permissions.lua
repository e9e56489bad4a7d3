-- process.md § 3: what the policies of the current scope do not allow is refused.
-- @modules security
assert(process.send(process.pid(), "t"), "without an actor everything is allowed")
local actor, scope = security.new_actor("user"), security.new_scope()
local spawner = process.with_context{}:with_actor(actor):with_scope(scope)
local err = spawner:exec("test:child", "app:host", process.pid())
assert(err == "", err)
assert(not pcall(spawner.with_actor, spawner, scope), "a scope is no actor")
assert(not pcall(spawner.with_scope, spawner, actor), "an actor is no scope")
-- @entry test:child
local parent = ...
local function denied(value, err)
  if value ~= nil or not errors.is(err, errors.PERMISSION_DENIED) then error("allowed", 2) end
end
denied(process.send(parent, "t"))
denied(process.spawn("test:child", "app:host"))
denied(process.exec("test:child", "app:host"))
for _, name in ipairs{"cancel", "terminate", "monitor", "unmonitor", "link", "unlink"} do
  denied(process[name](parent))
end
denied(process.registry.register("n"))
denied(process.with_context{a = 1})
assert(process.registry.lookup("n") == nil and process.inbox() and process.listen("t"), "its own mailbox is free")
return ""
