-- @expect ok
for _, t in ipairs { string, table, math, coroutine, os, utf8, errors, process, channel, payload } do
  local key = next(t)
  local before = t[key]
  assert(not pcall(function() t[key] = print end))
  assert(not pcall(function() t.extra = 1 end))
  assert(not pcall(rawset, t, key, 1))
  assert(not pcall(rawset, t, "extra", 1))
  assert(not pcall(setmetatable, t, { __index = print }))
  assert(not pcall(table.insert, t, 1))
  assert(not pcall(table.remove, t, 1) or t[1] == nil)
  assert(not pcall(table.move, { 1 }, 1, 1, 1, t))
  assert(t[key] == before and t.extra == nil)
end
