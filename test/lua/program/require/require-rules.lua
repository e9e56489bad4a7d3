-- errors-and-payloads.md § 9.1-9.11.
-- @modules json, time, json, process, string
-- @imports lib=test:lib, again=test:lib, json2=:json, time2=time, error=test:lib
assert(require("json") == json and require("json") == require("json") and require("json2") == json and require("time2") == time)
assert(require("lib") == lib and require("again") == lib and again == lib, "one value per unit")
assert(type(error) == "function" and require("error") == lib, "an alias that is a base global: by require only")
for _, name in ipairs{"errors", "process", "channel", "payload", "pubsub", "string", "table", "math", "coroutine", "os", "utf8"} do
  assert(require(name) == _G[name], name)
end
for _, name in ipairs{"io", "debug", "package", "_G", "print", "test:lib", "", "funcs"} do
  local ok, err = pcall(require, name)
  assert(not ok and type(err) == "string" and err:find("module '" .. name .. "'", 1, true), tostring(err))
end
local ok, err = pcall(require, "funcs")
assert(err:find("test:main", 1, true), "it exists and is not listed: the entry is named")
for _, bad in ipairs{{}, true, print} do
  ok, err = pcall(require, bad)
  assert(not ok and err:find("bad argument", 1, true), tostring(err))
end
assert(not pcall(require) and not pcall(require, nil))
assert(package == nil and funcs == nil)
assert(lib.order == "dep lib" and lib.listed == nil, lib.order)
assert(lib.hidden() == "raises", "the library sees its own modules only")
assert(dep == nil and not pcall(require, "dep"), "its imports are its own")
-- per process, never shared
lib.mark = true
assert(process.exec("test:other", "app:host") == nil, "other processes have their own")
-- modules are read-only, libraries are not
assert(not pcall(function() json.x = 1 end) and pcall(function() lib.x = 1 end))
-- the error of a failing require reaches whoever called
local none, why = process.spawn("test:bad", "app:host")
assert(none == nil and why:kind() == "Internal" and string.find(why, "module 'json' not found", 1, true), tostring(why))
-- @entry test:other
-- @imports lib=test:lib
return lib.mark
-- @entry test:bad
-- @chunk
local json = require("json")
-- @entry test:lib
-- @kind library.lua
-- @imports dep=test:dep
order = (order or "") .. " lib"
return {order = order:sub(2), hidden = function() return pcall(require, "json") and "works" or "raises" end}
-- @entry test:dep
-- @kind library.lua
order = (order or "") .. " dep"
