-- @modules pg, funcs, time
-- process.md § 18.2, § 14.5
local pg, funcs, time = require("pg"), require("funcs"), require("time")
local scope = pg.open("app:scope")
local sub = scope:monitor("calls")
local during = assert(funcs.call("test:joins"))
assert(during == 1, "a call is a member while it runs")
assert(#scope:get_members("calls") == 0, "and no longer")
assert(sub:channel():receive().kind == "member.joined" and sub:channel():receive().kind == "member.left")
assert(funcs.call("test:lingers", process.pid()))
local report = process.listen("tail"):receive()
assert(report == "Internal Internal", "the tail neither joins nor watches: " .. report)
assert(#scope:get_members("calls") == 0)

-- @entry test:joins
-- @kind function.lua
-- @modules pg
local scope = require("pg").open("app:scope")
scope:join("calls")
return #scope:get_members("calls")

-- @entry test:lingers
-- @kind function.lua
-- @modules pg, time
local parent = ...
local scope = require("pg").open("app:scope")
coroutine.spawn(function()
  require("time").sleep("5ms")
  local _, joining = scope:join("calls")
  local _, _, watching = scope:monitor("calls")
  process.send(parent, "tail", joining:kind() .. " " .. watching:kind())
end)
return true
