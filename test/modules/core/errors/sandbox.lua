-- errors-and-payloads.md Checks 12, § 7.
for _, name in ipairs{"load", "loadstring", "loadfile", "dofile", "collectgarbage", "package", "io", "debug", "fengari",
    "js", "module", "setfenv", "getfenv", "newproxy"} do
  assert(_G[name] == nil, name)
end
for _, name in ipairs{"execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale"} do
  assert(os[name] == nil, name)
end
assert(string.dump == nil and _VERSION == "Lua 5.3" and os.platform == "moonhub")
for _, t in ipairs{string, table, math, coroutine, os, utf8, errors, process, process.registry, process.event, channel, payload, pubsub} do
  local ok, err = pcall(function() t.upper = nil end)
  assert(not ok and err:match("readonly"), tostring(err))
  assert(not pcall(rawset, t, "x", 1), "rawset does not help")
  assert(next(t) ~= nil, "pairs works")
end
for _, object in ipairs{process.inbox(), errors.new("x"), payload.new(1)} do
  assert(getmetatable(object) == false and not pcall(setmetatable, object, {}))
end
assert(type(getmetatable("")) ~= "table")
x = 1
assert(_G.x == 1 and unpack == table.unpack)
for _, key in ipairs{"__proto__", "constructor", "toString", "hasOwnProperty"} do
  assert(({})[key] == nil and errors[key] == nil and process.inbox()[key] == nil)
end
