-- vm.md X1: different strings are different keys. Stock Fengari joined "\1\17" and "\17\1".
local count, seen = 0, {}
for a = 0, 255 do
  local s = string.char(a)
  assert(seen[s] == nil, "one byte") seen[s] = s count = count + 1
  for b = 0, 255 do
    local two = string.char(a, b)
    assert(seen[two] == nil, "two bytes") seen[two] = two count = count + 1
  end
end
for k, v in pairs(seen) do assert(k == v) end
print(count)
print(("\1\17" == "\17\1"), ({["\1\17"] = "a", ["\17\1"] = "b"})["\1\17"], #"\1\17", #"\17\1")
-- keys that mean something to JavaScript are data (vm.md S7)
local t = {}
for _, name in ipairs {"__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "length", "prototype",
  "__defineGetter__", "get", "set", "size", "0", "-1", "1.5", "NaN", "undefined", "null", "true"} do
  assert(t[name] == nil, name)
  t[name] = name
end
local names = {} for k, v in pairs(t) do assert(k == v) names[#names + 1] = k end
table.sort(names) print(table.concat(names, " "))
print(({})["__proto__"], ({}).constructor, rawget({}, "toString"), ("x").constructor, ("x").length)
-- numbers: float keys with integer values, -0.0, big ones, NaN and nil
local n = {}
n[1.0] = "one" n[2^53] = "big" n[-0.0] = "zero" n[2^63] = "float" n[math.mininteger] = "min" n[1.5] = "half"
n[math.maxinteger] = "max" n[1/0] = "inf" n[-1/0] = "-inf"
print(n[1], n[2^53 | 0], n[9007199254740992], n[0], n[0.0], n[2^63], n[-2^63], n[3/2], n[math.maxinteger], n[math.huge], n[-math.huge])
print(n[math.maxinteger + 0.0], n[math.maxinteger - 1], n["1"], n[0/0], n[nil])
print(pcall(function() n[0/0] = 1 end)) print(pcall(function() n[nil] = 1 end)) print(pcall(rawset, n, nil, 1))
for k in pairs({[1.0] = 1, [2.0] = 1, [2^53] = 1}) do assert(math.type(k) == "integer") end
n = {[1] = "a", [1.0] = "b"} print(n[1], #n, next(n))
n = {[true] = 1, [false] = 2} print(n[true], n[false], n[1], n["true"])
