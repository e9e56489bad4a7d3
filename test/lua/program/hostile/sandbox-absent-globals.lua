-- @expect ok
for _, name in ipairs { "load", "loadstring", "loadfile", "dofile", "collectgarbage", "package", "io", "debug", "js",
  "fengari", "module", "setfenv", "getfenv", "newproxy", "process_env", "globalThis", "window", "require_js" } do
  assert(_G[name] == nil, name)
end
for _, name in ipairs { "execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale" } do
  assert(os[name] == nil, "os." .. name)
end
assert(string.dump == nil)
for _, name in ipairs { "js", "debug", "package", "fengari", "fs", "child_process", "../secret", "" } do
  local ok, err = pcall(require, name)
  assert(not ok and type(err) == "string", name)
end
