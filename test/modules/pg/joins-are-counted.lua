-- @modules pg
-- process.md § 18.1, modules.md § 30
local scope = assert(require("pg").open("app:scope"))
local me = process.pid()
assert(scope:join("a") == true and scope:join({"a", "b"}) == true, "joined")
local list = scope:get_members("a")
assert(#list == 2 and list[1] == me and list[2] == me, "listed twice")
assert(table.concat(scope:get_local_members("b"), " ") == me, "the same under its other name")
assert(table.concat(scope:which_groups(), " ") == "a b" and #scope:which_local_groups() == 2, "groups")
assert(scope:leave("a") == true and #scope:get_members("a") == 1, "one join is left")
assert(scope:leave({"none", "a"}) == true and #scope:get_members("a") == 0, "those it is not in are passed over")
assert(table.concat(scope:which_groups(), " ") == "b", "an empty group is none")
for _, groups in ipairs({"a", {"a", "none"}}) do
  local value, err = scope:leave(groups)
  assert(value == nil and err:kind() == errors.INVALID, "member of none of them")
end
assert(#scope:get_members("unknown") == 0, "unknown group")
-- Another handle of the same scope sees the same groups; another scope does not.
assert(#require("pg").open("app:scope"):get_members("b") == 1)
assert(#require("pg").open("app:small"):get_members("b") == 0)
