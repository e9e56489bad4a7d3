-- Lua 5.3 manual § 3.4.1-3.4.4 and vm.md X2, X3: 64-bit integers, floats, and both together.
local max, min = math.maxinteger, math.mininteger
print(max, min, max + 1 == min, min - 1 == max, max * max, min * min, max * min, min * -1, -min, min // -1, min % -1)
print(1000000 * 1000000, 3037000500 * 3037000500, 4294967296 * 4294967296, 9007199254740993 * 3, 94906267 * 94906267)
print(9007199254740991 + 1, 9007199254740992 + 1, 9007199254740993 - 2, -9007199254740992 - 1, 9007199254740993 // 2, 9007199254740993 % 10)
for _, a in ipairs {7, -7, max, min, 9007199254740993, -9007199254740993} do
  for _, b in ipairs {2, -2, 3, -3, 5, max, min, 9007199254740995} do
    print(a // b, a % b, a / b, a & b, a | b, a ~ b, a + b, a - b, a * b, a == b, a < b, a <= b)
  end
end
for _, a in ipairs {7.5, -7.5, 1/0, -1/0, 0.0, -0.0, 5.0} do
  for _, b in ipairs {2, -2, 0.0, -0.0, 3.5, -3.5, 1/0, -1/0} do print(a // b, a / b, a + b, a * b, a < b, a <= b, a == b) end
end
print(5 % 3, -5 % 3, 5 % -3, -5 % -3, 5.5 % 2, -5.5 % 2, 5.5 % -2, -5.5 % -2, 5 % math.huge, -5 % math.huge, 5 % -math.huge, -5 % -math.huge)
print(pcall(function() return 1 // 0 end)) print(pcall(function() return 1 % 0 end)) print(1 // 0.0, -1 // 0.0, 1 % 0.0 ~= 1 % 0.0)
for _, s in ipairs {0, 1, 31, 32, 33, 52, 53, 62, 63, 64, 65, 100, -1, -63, -64, max, min} do
  print(s, 1 << s, -1 << s, 1 >> s, -1 >> s, max << s, min >> s, 0x123456789abcdef << s, 0xfedcba9876543210 >> s)
end
print(~0, ~max, ~min, ~5, ~9007199254740993, 0xffffffffffffffff, 0x8000000000000000, 0x1ffffffffffffffff, -0x8000000000000000)
print("10" | 0, "0xff" & 15, 3.0 | 0, pcall(function() return 1.5 | 0 end)) print(pcall(function() return "1.5" | 0 end)) print(pcall(function() return "x" | 0 end)) print(pcall(function() return 2^63 | 0 end)) print(pcall(function() return {} | 0 end))
print(2^53 == 2^53 + 1, 9007199254740993 == 9007199254740992.0, 9007199254740993 > 9007199254740992.0, max < 2^63, max + 0.0 == 2^63, max == 2^63, min == -2^63, min <= -2^63, max > 9.2e18)
print(1 < 1.5, 2 > 1.5, 1 == 1.0, -1 < -0.5, max < math.huge, min > -math.huge, 0/0 == 0/0, 0/0 < 1, 1 < 0/0, max < 0/0, 0/0 ~= 0/0)
print(2^2, 10^2, 2^0.5, 2^-1, (-8)^(1/3) ~= (-8)^(1/3), 2^1023 * 2, 0^0, 1 / 3, 7 / 2, 6 / 2, -7 // 2, -7 // 2.0, 7 // -2.0)
-- at the ends of the range a loop wraps around, as in PUC 5.3
local n = 0 for i = max - 2, max do n = n + 1 if n > 5 then break end print(i) end n = 0 for i = min + 2, min, -1 do n = n + 1 if n > 5 then break end print(i) end
for i = 1, 3 do local j = i i = 10 print(j, i) end for i = 3, 1 do print("never") end for i = 1, 0.5 do print("never") end
for i = 1.0, 2 do print(i) end for i = 1, 2.9 do print(i) end for i = 0.1, 0.35, 0.1 do print(i) end for i = 5, 1, -2 do print(i) end
for i = 1, math.huge do if i > 3 then break end print(i) end for i = -1, -math.huge, -1 do if i < -3 then break end print(i) end
n = 0 for i = max - 1, math.huge do n = n + 1 if n > 4 then break end print(i) end for i = 9007199254740990, 9007199254740994 do print(i) end n = 0 for i = 1, max, max // 2 do n = n + 1 if n > 4 then break end print(i) end
print(pcall(function() for i = 1, 2, 0 do end end)) print(pcall(function() for i = 1, 2, 0.0 do return "once" end end)) print(pcall(function() for i = "1", 2 do end end)) print(pcall(function() for i = 1, {} do end end)) print(pcall(function() for i = 1, 2, nil do end end))
print(math.ult(1, -1), math.ult(-1, 1), math.ult(max, min), math.tointeger(3.0), math.tointeger(3.5), math.tointeger(2^63), math.tointeger("8"), math.tointeger({}))
print(string.format("%d %x %X %o %u %i", max, min, -1, -1, -1, min)) print(string.format("%d", "10"), string.format("%d", 3.0), pcall(string.format, "%d", 3.5))
print(tonumber("9223372036854775807"), tonumber("9223372036854775808"), tonumber("-9223372036854775808"), tonumber("-9223372036854775809"), tonumber("0x7fffffffffffffff"), tonumber("0xffffffffffffffffff"))
for _, s in ipairs {"", " ", "10", " 10 ", "1 0", "0x", "0xg", "1e", "1e5", "1e+5", ".5", "5.", ".", "0x.8", "0x8.", "0x1p", "0x1p4", "inf", "nan", "1_000", "- 1", "-1", "--1", "+1", "1\0", "0b1", "１", "1e1e1", "0x1P-2", "\t3\n"} do print(s, tonumber(s), math.type(tonumber(s))) end
for _, c in ipairs {{"10", 2}, {"zz", 36}, {"ff", 16}, {"8", 8}, {"-101", 2}, {" 7 ", 8}, {"", 10}, {"1.0", 10}, {"7fffffffffffffff", 16}, {"ffffffffffffffff", 16}, {"1e1", 15}} do print(c[1], c[2], tonumber(c[1], c[2])) end
print(pcall(tonumber, "1", 1)) print(pcall(tonumber, "1", 37)) print(pcall(tonumber, 1, 10)) print(pcall(tonumber)) print(tonumber(nil), tonumber({}), tonumber(true))
print(math.abs(min), math.abs(-5), math.abs(-5.5), math.floor(-3.5), math.ceil(-3.5), math.floor(1e100), math.ceil(2^62), math.floor(5), math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(7.5, 2), math.fmod(min, -1), pcall(math.fmod, 1, 0))
print(math.max(1, 2.5), math.max(3, 2), math.min(1), math.max(2, 2.0), math.max(2.0, 2), math.min(0.0, -0.0), math.modf(3.7), math.modf(-3.7), math.modf(5), math.modf(math.huge))
print(math.sqrt(16), math.exp(0), math.log(1), math.log(8, 2), math.log(1000, 10), math.log(27, 3), math.pi, math.huge, -math.huge, math.deg(math.pi), math.rad(180), math.sin(0), math.cos(0), math.atan(1, 1), math.atan(1), math.asin(1), math.acos(1), math.tan(0))
