-- @modules pg
-- modules.md § 30, § 0.2
local pg = require("pg")
local function kind_of(value, err)
  assert(value == nil)
  return err:kind()
end
assert(kind_of(pg.open("")) == errors.INVALID)
assert(kind_of(pg.open("app:none")) == errors.INTERNAL)
assert(kind_of(pg.open("app:no_scope")) == errors.INTERNAL, "an entry of another kind")
assert(not pcall(pg.open) and not pcall(pg.open, {}) and not pcall(pg.open, 7))
local scope = pg.open("app:scope")
for _, name in ipairs({"join", "leave", "get_members", "get_local_members", "broadcast"}) do
  assert(kind_of(scope[name](scope, "", "t")) == errors.INVALID, name .. " of an empty name")
  assert(not pcall(scope[name], scope), name .. " of nothing")
  assert(not pcall(scope[name], scope, 7), name .. " of a number")
end
for _, list in ipairs({{}, {"a", ""}, {a = "b"}, {[2] = "b"}}) do
  assert(kind_of(scope:join(list)) == errors.INVALID)
end
assert(not pcall(scope.join, scope, {"a", 7}))
assert(#scope:which_groups() == 0, "nothing of it was joined")
-- max_groups 2, max_members_per_group 2
local small = pg.open("app:small")
assert(small:join({"a", "b"}))
local value, err = small:join({"a", "c"})
assert(value == nil and err:kind() == errors.UNAVAILABLE and err:retryable() == true, "a third group")
assert(#small:get_members("a") == 1, "and nothing else of that call")
assert(small:join("a"))
assert(kind_of(small:join("a")) == errors.UNAVAILABLE, "a third member")
assert(small:leave({"b"}) and small:join("c"), "room again")
-- after release
assert(scope:release() == true and scope:release() == true)
assert(tostring(scope) == "pg.Instance{released}")
for _, name in ipairs({"join", "leave", "get_members", "which_groups", "which_local_groups", "broadcast"}) do
  assert(kind_of(scope[name](scope, "a", "t")) == errors.INVALID, name .. " after release")
end
for _, name in ipairs({"monitor", "events"}) do
  local sub, snapshot, failure = scope[name](scope, "a")
  assert(sub == nil and snapshot == nil and failure:kind() == errors.INVALID, name .. " after release")
end
assert(#small:get_members("a") == 2, "what was joined stays joined")
