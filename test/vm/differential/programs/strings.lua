-- Lua 5.3 manual § 6.4: the string library but patterns, and vm.md X4, X6.
for _, r in ipairs {{1, 3}, {-3, -1}, {0}, {2}, {-2}, {10}, {3, 2}, {-100, 100}, {math.mininteger, math.maxinteger}, {1, -1}, {5, 5}} do print(r[1], r[2], ("hello"):sub(r[1], r[2]), ("hello"):byte(r[1], r[2])) end
print(("abc"):rep(3), ("abc"):rep(0), ("abc"):rep(-1), ("ab"):rep(3, ","), (""):rep(100), ("x"):rep(1, "sep"), pcall(string.rep, "x", 1e10)) print(pcall(string.rep, "abc", math.maxinteger)) print(pcall(string.rep, "x", -1, ("y"):rep(10)))
print(("Hello"):upper(), ("Hello"):lower(), ("abc"):reverse(), (""):reverse(), ("abc"):len(), #"\0\255", ("\xe4\xf6"):upper() == "\xe4\xf6", ("\xff"):byte())
print(string.char(), string.char(72, 105), pcall(string.char, 256)) print(pcall(string.char, -1)) print(("x"):byte(0), ("x"):byte(2), (""):byte())
print("a" < "b", "a" < "B", "" < "a", "a\0b" < "a\0c", "Z" < "a", "\xff" > "a", "abc" < "abd", "abc" <= "abc", "10" < "9", pcall(function() return 1 < "2" end))
for _, f in ipairs {"%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%8.3d", "%x", "%#x", "%X", "%o", "%#o", "%c", "%i", "%u", "%.0d"} do print(f, string.format(f, 42), string.format(f, 0), pcall(string.format, f, -42)) end
for _, f in ipairs {"%f", "%.2f", "%8.2f", "%-8.2f|", "%08.2f", "%+.1f", "% .1f", "%e", "%.2e", "%E", "%g", "%.3g", "%#g", "%G", "%a", "%.2a", "%A", "%.0f", "%#.0f", "%.14g", "%.17g", "%10.4g", "%5.1f"} do
  for _, v in ipairs {0, 1, -1, 0.5, 2.5, 1e100, 1e-10, 123456789, 3.14159, 1/0, -1/0, -0.0, 2^63, 0.1, 1e15, 99999.95} do print(f, v, string.format(f, v)) end
end
for _, f in ipairs {"%s", "%10s|", "%-10s|", "%.2s", "%5.1s|", "%q"} do print(string.format(f, "hello"), string.format(f, "")) end
print(string.format("%s %s %s", nil, true, 1.5), string.format("%%"), string.format("%5s%%", "x"), string.format("%s", setmetatable({}, {__tostring = function() return "obj" end})))
print(string.format("%q", "line\nnew \0 nul \r cr \"q\" \\ back \1272 \200"), string.format("%q", 1/3), string.format("%q", 10), string.format("%q", math.mininteger), string.format("%q", true), string.format("%q", nil)) print(pcall(string.format, "%q", {}))
for _, f in ipairs {"%y", "%", "%10", "%-", "%123d", "%.123d", "%-+ #0-d", "%d", "%ld", "%n", "%p"} do print(pcall(string.format, f, 1)) end print(pcall(string.format, "%d")) print(pcall(string.format, "%d", "x")) print(pcall(string.format, "%s")) print(pcall(string.format)) print(pcall(string.format, "%c", "x")) print(pcall(string.format, "%5s", "a\0b"))
print(("x"):format(), ("%d"):format("10"), ("%s%s"):format(1, 2, 3), string.format("%s", ("x"):rep(200)) == ("x"):rep(200), #string.format("%99.99f", 1/3), string.format("%-99d|", 1))
print(#string.format("%.99f", 1e300), string.format("%.3f", 2/3), string.format("%5.2s|", "abc"), string.format("%.20s", "abc"), string.format("%i", 3.0))
print(tostring(1e15), tostring(-0.0), tostring(1e100), 1e15 .. "", 2^24 .. "", 10 // 3 .. "", 0.1 .. "")
-- pack, unpack, packsize
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for _, f in ipairs {"b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "i1", "i3", "i7", "i9", "i16", "I5", ">i4", "<i4", "=i4", "f", "d", "n", ">d", "!i4", ">!8 b i8"} do print(f, string.packsize(f)) end
for _, c in ipairs {{"b", -128}, {"B", 255}, {"<h", -2}, {">h", -2}, {"<i3", -70000}, {">I3", 70000}, {"<j", math.mininteger}, {"<i16", -5}, {">i16", math.maxinteger}, {"<d", 1.5}, {">f", -0.25}, {"z", "abc"}, {"s1", "abc"}, {"<s4", "abc"}, {"c5", "abc"}, {"c0", ""}, {"<I8", -1}, {"<n", 1/0}} do
  local p = string.pack(c[1], c[2]) print(c[1], hex(p), #p, string.unpack(c[1], p))
end
print(hex(string.pack("<!4 b i4 b i2 b d", 1, 2, 3, 4, 5, 6.0)), hex(string.pack("<b Xi4 i4", 1, 2)), hex(string.pack("<!8 b Xi8", 1)), hex(string.pack("x x b", 1)), hex(string.pack("< i2 > i2 = i2", 1, 1, 1)))
print(string.unpack("<i2 i2", "\1\0\2\0"), string.unpack("z", "abc\0def"), string.unpack("z z", "abc\0def\0"), string.unpack("<i4", "\1\0\0\0\2\0\0\0", 5), string.unpack("B", "abc", -1), string.unpack("", ""))
for _, c in ipairs {{"b", 128}, {"B", -1}, {"B", 256}, {"i17", 1}, {"i0", 1}, {"s1", ("x"):rep(256)}, {"z", "a\0b"}, {"c2", "abc"}, {"c", "x"}, {"y", 1}, {"i2", 1.5}, {"i2", "x"}, {"!3 i4", 1}, {"X", 1}, {"Xz", 1}, {"d", "x"}, {"i2", 40000}} do print(c[1], pcall(string.pack, c[1], c[2])) end
for _, c in ipairs {{"i4", "abc"}, {"z", "abc"}, {"s4", "\5\0\0\0abc"}, {"i16", ("\255"):rep(16)}, {"<i16", ("\1"):rep(16)}, {"b", "", 2}, {"b", "a", 3}, {"c5", "abc"}, {"<I9", ("\255"):rep(8) .. "\0"}, {"<I9", ("\255"):rep(9)}} do print(c[1], pcall(string.unpack, c[1], c[2], c[3])) end
print(pcall(string.packsize, "z")) print(pcall(string.packsize, "s")) print(string.packsize("<!8 b d"), string.packsize(""), string.packsize("c100"))
-- utf8
print(utf8.char(72, 228, 8364, 128512, 0x10ffff), #utf8.char(0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000), utf8.char(), pcall(utf8.char, -1)) print(pcall(utf8.char, 0x110000))
print(utf8.len("häß€😀"), utf8.len(""), utf8.len("a\xffb"), utf8.len("\xe2\x82"), utf8.len("äöü", 3), utf8.len("äöü", -2), pcall(utf8.len, "x", 5)) print(pcall(utf8.len, "x", 1, 3)) print(utf8.len("\xc0\x80"), utf8.len("\xed\xa0\x80"), utf8.len("\xf4\x90\x80\x80"), utf8.len("\xf8\x88\x80\x80\x80"))
for p, c in utf8.codes("aä€😀") do print(p, c) end print(pcall(function() for p, c in utf8.codes("a\xff") do print(p, c) end end)) print(pcall(function() for p, c in utf8.codes("\xe4") do end end))
print(utf8.codepoint("äb€", 1, -1)) print(utf8.codepoint("abc", 2)) print(pcall(utf8.codepoint, "abc", 4)) print(pcall(utf8.codepoint, "\xff")) print(utf8.codepoint("abc", 3, 2))
for i = -5, 6 do print(i, utf8.offset("aä€😀", i), pcall(utf8.offset, "aä€😀", i, 1)) end print(pcall(utf8.offset, "ä", 1, 2)) print(utf8.offset("aä", 0, 3), pcall(utf8.offset, "a", 1, 5)) print((utf8.charpattern:gsub("[^%g]", function(c) return "<" .. c:byte() .. ">" end)))
for c in ("aä€"):gmatch(utf8.charpattern) do print(#c) end
