-- errors-and-payloads.md Checks 10, § 9.
-- @modules funcs
local ok, err = pcall(require, "json")
assert(not ok and type(err) == "string" and err:match("module 'json' not found") and err:match("test:main"), err)
assert(json == nil, "not declared is not there")
assert(require("funcs") == funcs, "a listed module is a global too")
assert(require("process") == process and require("string") == string and require("os") == os)
ok, err = pcall(require, "sql")
assert(err:match("not supported by this host"), err)
ok, err = pcall(function() require("nothing") end)
assert(err:match("^test:main:%d+: module 'nothing' not found"), err)
ok, err = pcall(require, {})
assert(err:match("bad argument"), err)
mine = {}
assert(not pcall(require, "mine"), "user globals are no modules")
local value
value, err = funcs.call("test:fn")
assert(value == nil and tostring(err):match("json"), tostring(err))
-- @entry test:fn
-- @kind function.lua
local json = require("json")
