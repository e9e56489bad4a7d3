-- @expect ok
local min, max = math.mininteger, math.maxinteger
for _, f in ipairs { string.sub, string.byte, string.rep, table.unpack, table.concat, select, utf8.char, utf8.offset,
  utf8.len, utf8.codepoint, string.char, math.random, string.find, tonumber, table.move, table.insert, table.remove } do
  for _, a in ipairs { min, max, 0, -1, 1e308, -1e308, 0 / 0, 1 / 0 } do
    pcall(f, "abc", a, a) pcall(f, {}, a, a) pcall(f, a, a, a) pcall(f, "abc", "a", a)
  end
end
