-- Lua 5.3 manual § 2.1: values, their types, how they print.
print(type(nil), type(true), type(1), type(1.5), type("s"), type({}), type(print), type(coroutine.create(print)))
for _, v in ipairs {0, -0.0, 0.0, 1, 1.0, -1.5, 1e15, 1e14, 1e16, 2^53, 2^63, -2^63, 1e100, 0.1, 1/3, 1e-5, 123456.789e3,
  1/0, -1/0, 3.14159265358979, 100 // 1.0, 5 // 0.0, 255, 0xff, 0x7fffffffffffffff, 0xffffffffffffffff,
  9007199254740993, 9223372036854775807, 9223372036854775808, -9223372036854775808, 1e308 * 10, 5e-324} do
  print(v, math.type(v), string.format("%.17g", v), v == v, -v)
end
print(0x.1, 0x1p4, 0xA.8p1, 0x1.fffffffffffffp1023, 3., .5, 3e2, 3E-2, 0xep1)
print("10" + 5, "0x10" + 0, "1e1" * 1, " 7 " // 2, "3" .. 4, 10 .. "", 1.0 .. "|" .. -0.0)
print(10 == "10", 1 == 1.0, "a" == "a", {} == {}, print == print)
print(#"", #"\0\0", #"\u{48}\u{20AC}\u{10FFFF}", "\x41\65\z
       B", '\'"', "a\
b")
print([[
first newline skipped]], [==[a]]b]==])
print(tostring(nil), tostring(true), tostring(12), tostring(1.50), tostring("x"))
print(1e15, 1e16, 123456789012345.0, 12345678901234.5, 0.1 + 0.2, 1e21, 2^31, 2^32, 1e5, 100000000000000)
print(not nil, not 0, not "", nil == false)
print(math.maxinteger + 1 == math.mininteger, math.maxinteger * 2, math.mininteger - 1, -math.mininteger)
print(math.maxinteger + 0.0, math.maxinteger + 1.0, math.mininteger + 0.0, (2^53 + 1) // 1 | 0)
