-- @expect ok
local t = {}
for _, name in ipairs { "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "__defineGetter__" } do
  assert(t[name] == nil and string[name] == nil and _G[name] == nil and process[name] == nil, name)
  t[name] = { polluted = true }
  _G[name] = 1
end
assert(({}).polluted == nil and ({}).toString == nil)
