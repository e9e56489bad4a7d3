/** The twelve kernels of `vm.md` F5: plain Lua that returns a checksum, about a tenth of a second each on PUC Lua.
 * Numbers stay within 32 bits, because stock Fengari's integers do. */

/** One kernel. */
export interface Kernel {
  readonly name: string;
  readonly source: string;
}

export const KERNELS: readonly Kernel[] = [
  {
    name: 'fib',
    source: `
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
return tostring(fib(27))`,
  },
  {
    name: 'numeric-loop',
    source: `
local x, y = 0, 0.5
for i = 1, 5000000 do x = (x + i * 3) % 1000003 y = y * 0.5 + i end
return x .. " " .. string.format("%.6f", y)`,
  },
  {
    name: 'array',
    source: `
local sum = 0
for round = 1, 10 do
  local t = {}
  for i = 1, 200000 do t[i] = i end
  for i = 1, #t do sum = (sum + t[i]) % 1000003 end
end
return tostring(sum)`,
  },
  {
    name: 'string-keys',
    source: `
local t, keys = {}, {}
for i = 1, 1000 do keys[i] = "key" .. i end
local sum = 0
for round = 1, 500 do
  for i = 1, #keys do local k = keys[i] t[k] = (t[k] or 0) + i end
end
for _, v in pairs(t) do sum = sum + v end
return tostring(sum)`,
  },
  {
    name: 'method-call',
    source: `
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({ x = x, y = y }, Point) end
function Point:add(o) self.x = self.x + o.x self.y = self.y + o.y return self end
function Point:sum() return self.x + self.y end
local p, d, total = Point.new(0, 0), Point.new(1, 2), 0
for i = 1, 1000000 do total = total + p:add(d):sum() % 7 end
return tostring(total)`,
  },
  {
    name: 'closure',
    source: `
local function counter(step) local n = 0 return function() n = n + step return n end end
local sum = 0
for i = 1, 300000 do local c = counter(i % 5) c() sum = sum + c() + c() end
return tostring(sum)`,
  },
  {
    name: 'varargs',
    source: `
local function sum(...)
  local s = 0
  for i = 1, select("#", ...) do s = s + (select(i, ...)) end
  return s
end
local function pass(...) return sum(...) end
local total = 0
for i = 1, 150000 do
  total = (total + pass(i, 2, 3, 4)) % 1000003
  local t = { i, table.unpack({ 1, 2 }) }
  total = total + #t
end
return tostring(total)`,
  },
  {
    name: 'concat',
    source: `
local n = 0
for round = 1, 30 do
  local parts, s = {}, ""
  for i = 1, 5000 do parts[i] = "item " .. i .. ";" s = s .. "x" end
  n = n + #table.concat(parts, ",") + #s
end
return tostring(n)`,
  },
  {
    name: 'gsub',
    source: `
local text = ("The quick brown fox, jumps over 12 lazy dogs. "):rep(200)
local n = 0
for round = 1, 20 do
  local words = 0
  for w in text:gmatch("%a+") do words = words + #w end
  local s, count = text:gsub("(%w+) (%w+)", "%2 %1")
  local t = s:gsub("[aeiou]", { a = "A", e = "E" })
  local u = t:gsub("%d+", function(d) return "<" .. d .. ">" end)
  n = n + words + count + #u + (select(2, u:find("lazy dogs%.%s$")) or 0)
end
return tostring(n)`,
  },
  {
    name: 'sort',
    source: `
local seed, sum = 42, 0
local function random() seed = (seed * 75 + 74) % 65537 return seed end
for round = 1, 5 do
  local t, u = {}, {}
  for i = 1, 20000 do t[i] = random() u[i] = { key = random() } end
  table.sort(t)
  table.sort(u, function(a, b) return a.key < b.key end)
  sum = sum + t[100] % 1000 + u[100].key % 1000
end
return tostring(sum)`,
  },
  {
    name: 'coroutines',
    source: `
local co = coroutine.wrap(function(a)
  while true do a = coroutine.yield(a + 1) end
end)
local x = 0
for i = 1, 500000 do x = co(x) end
local sum = 0
for i = 1, 20000 do
  for v in coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end) do sum = sum + v end
end
return x .. " " .. sum`,
  },
  {
    name: 'json',
    source: `
local escapes = { ['"'] = '\\\\"', ['\\\\'] = '\\\\\\\\', ['\\n'] = '\\\\n' }
local function encode(v)
  local t = type(v)
  if t == "string" then return '"' .. v:gsub('[%c"\\\\]', escapes) .. '"' end
  if t ~= "table" then return tostring(v) end
  local out = {}
  if #v > 0 then
    for i = 1, #v do out[i] = encode(v[i]) end
    return "[" .. table.concat(out, ",") .. "]"
  end
  local keys = {}
  for k in pairs(v) do keys[#keys + 1] = k end
  table.sort(keys)
  for i = 1, #keys do out[i] = encode(keys[i]) .. ":" .. encode(v[keys[i]]) end
  return "{" .. table.concat(out, ",") .. "}"
end
local function decode(s)
  local at = 1
  local value
  local function skip() at = s:find("%S", at) or #s + 1 end
  local function text()
    local from = at + 1
    local to = s:find('"', from, true)
    at = to + 1
    return s:sub(from, to - 1)
  end
  function value()
    skip()
    local c = s:sub(at, at)
    if c == "{" then
      local t = {}
      at = at + 1 skip()
      while s:sub(at, at) ~= "}" do
        local k = text() skip() at = at + 1
        t[k] = value() skip()
        if s:sub(at, at) == "," then at = at + 1 skip() end
      end
      at = at + 1
      return t
    elseif c == "[" then
      local t = {}
      at = at + 1 skip()
      while s:sub(at, at) ~= "]" do
        t[#t + 1] = value() skip()
        if s:sub(at, at) == "," then at = at + 1 end
      end
      at = at + 1
      return t
    elseif c == '"' then return text() end
    local word = s:match("^[%w%.%-]+", at)
    at = at + #word
    if word == "true" then return true elseif word == "false" then return false end
    return tonumber(word)
  end
  return value()
end
local data = { users = {} }
for i = 1, 100 do data.users[i] = { id = i, name = "user " .. i, tags = { "a", "b" }, active = i % 2 == 0 } end
local size = 0
for round = 1, 20 do local s = encode(data) data = decode(s) size = size + #s end
return tostring(size)`,
  },
];
