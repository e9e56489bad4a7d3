-- @modules ctx, funcs
-- concurrency.md § 11, § 12.18
local ctx = require("ctx")
local funcs = require("funcs")
local value, err = ctx.get("a")
assert(value == nil and err:kind() == "NotFound", "nothing is set")
value, err = ctx.get("")
assert(value == nil and err:kind() == "Invalid", "the key is empty")
assert(not pcall(ctx.get, 5) and not pcall(ctx.get), "keys are text")
assert(next(ctx.all()) == nil, "no values at all")

local executor = funcs.new():with_context({a = 1, t = {1}, off = false}):with_context({b = "two", a = 2})
local seen = executor:call("test:read")
assert(seen.a == 2 and seen.b == "two", "chained contexts merge, the last wins")
assert(seen.off == false and seen.list == 1, "false is a value")
assert(seen.changed == 1, "tables are fresh copies")
assert(seen.deep == 2, "values flow two calls deeper")
assert(seen.spawned == 2, "and to processes it spawns")
assert(seen.mixed == "mine", "explicit values win per key")
value, err = ctx.get("a")
assert(value == nil and err:kind() == "NotFound", "nothing flows back")
assert(not pcall(function() funcs.new():with_context({f = print}) end), "functions cannot be values")
assert(not pcall(function() funcs.new():with_context({[1] = 1}) end), "keys are text here too")
assert(not pcall(function() funcs.new():with_context("x") end), "a context is a table")

-- @entry test:read
-- @kind function.lua
-- @modules ctx, funcs
local ctx = require("ctx")
local funcs = require("funcs")
local t = ctx.get("t")
t[1] = "changed"
local off, err = ctx.get("off")
assert(off == false and err == nil, "false, nil")
local inbox = process.inbox()
process.spawn("test:child", "app:host", process.pid())
return {
  a = ctx.get("a"), b = ctx.get("b"), off = off, list = ctx.all().t[1], changed = ctx.get("t")[1],
  deep = funcs.call("test:deep"),
  mixed = funcs.new():with_context({a = "mine"}):call("test:deep"),
  spawned = inbox:receive():payload():data(),
}

-- @entry test:deep
-- @kind function.lua
-- @modules ctx
return (require("ctx").get("a"))

-- @entry test:child
-- @modules ctx
process.send((...), "value", (require("ctx").get("a")))
