-- Lua 5.3 manual § 6.4.1: patterns.
local subjects = {"", "a", "aaa", "hello world", "THE (quick) fox", "key = value", "a,b,,c", "x[1][22]", "f(a(b)c)d", "%d", "\0a\0", "0x1F", " trim me ", "2024-12-29", "a.b.c", "[[x]]", "-5", "^$", "aXbXc"}
local patterns = {"", ".", "a", "^a", "a$", "^a*$", "a-", "a+", "a?", "a*b", ".-", ".*", ".+", "%a+", "%A+", "%d+", "%D", "%s", "%S+", "%w+", "%W", "%p", "%P+", "%l+", "%u", "%x+", "%c", "%g+", "%z",
  "[a-c]", "[^a-c]", "[%a_]", "[]]", "[^]]", "[a-]", "[-a]", "[%-a]", "[a%]]", "[^%s]+", "[%w%.]+", "[\0-\31]", "(a)", "(a)(b)?", "()", "(.-)%s*=%s*(.-)$", "()%a()", "((%a)(%a))", "(%a)%1", "%b()", "%b[]", "%bxy", "%f[%a]%a+", "%f[%z]", "%f[^%a]",
  "^%s*(.-)%s*$", "(%d+)-(%d+)-(%d+)", "%.", "%%", "%$", "^^", "$$", "a.-c", "%", "[", "[a", "[^", "[%", "(", ")", "(a", "a)", "%1", "(a)%2", "(%1)", "%b", "%bx", "%f", "%fa", "(()", "[]", "[^]", "[a-%d]", "[%d-z]", "x*$", "-", "+", "*", "?", "a**", "a+?", "^*"}
for _, s in ipairs(subjects) do
  for _, p in ipairs(patterns) do
    print(p, pcall(string.find, s, p)) print(pcall(string.match, s, p))
    print(pcall(string.gsub, s, p, "<%0>")) print(pcall(string.gsub, s, p, "%1-"))
    local list, n = {}, 0
    print(pcall(function() for a, b in s:gmatch(p) do n = n + 1 list[n] = tostring(a) .. "/" .. tostring(b) if n > 30 then break end end return table.concat(list, " ") end))
  end
end
for _, init in ipairs {1, 2, 0, -1, -3, 4, 5, 100, -100} do print(init, ("abab"):find("b", init), ("abab"):find("", init), ("abab"):match("()", init), ("abab"):find("^a", init), ("a.b."):find(".", init, true)) end
print(("a+b"):find("+", 1, true), ("a+b"):find("", 10, true), ("abc"):find("", 4), ("abc"):find("", 5), ("abc"):find("c", -1, true), ("aXb"):find("x", 1, true))
for _, r in ipairs {"", "x", "%0", "%1", "%%", "%0%0", "%2", "%", "%a", "a%"} do print(r, pcall(string.gsub, "hello", "l", r)) print(pcall(string.gsub, "hello", "(l)(.)", r)) print(pcall(string.gsub, "hello", "z", r)) end
print(("hello world"):gsub("o", {o = "0"}), ("hello"):gsub("l", {l = false}), ("hello"):gsub(".", {h = 1, e = 2.5}), pcall(string.gsub, "hello", "l", {l = {}})) print(("hello"):gsub("(h)(e)", function(a, b) return b .. a end), ("hello"):gsub("", "-"), ("hello"):gsub("l", function() end), ("hello"):gsub("l", "x", 1), ("hello"):gsub("l", "x", 0), ("hello"):gsub("l", "x", -1)) print(pcall(string.gsub, "x", "x", function() return {} end)) print(pcall(string.gsub, "x", "x", function() error("inside") end)) print(pcall(string.gsub, "x", "x")) print(pcall(string.gsub, "x", "x", nil)) print(pcall(string.gsub, "x", "x", true)) print(("abc"):gsub("%w", "%0%0"), ("abc"):gsub("()", "%1"), (" a  b "):gsub("%s+", " "))
print(("x"):gsub("x", setmetatable({}, {__index = function(t, k) return k .. k end})), ("one;two;;four"):gsub(";;", ";nil;"), ("äö"):gsub("[\x80-\xff]+", "U"))
print(pcall(string.find, "a", ("(a"):rep(33))) print(pcall(string.match, ("a"):rep(40), ("(a)"):rep(32))) print(pcall(string.match, ("a"):rep(40), ("(a)"):rep(33))) print(pcall(string.rep)) print(pcall(string.find, "x")) print(pcall(string.find, nil, "x")) print(pcall(string.gmatch, "x"))
print(pcall(string.match, ("x"):rep(300), ("x?"):rep(250) .. "y")) print(#(("x"):rep(100000)):match(".-$")) print((("a"):rep(1000) .. "b"):find("a*b"))
for k, v in ("a=1, b=2, c=3"):gmatch("(%w+)=(%w+)") do print(k, v) end for w in ("abc"):gmatch("") do print("empty") end for p in ("abc"):gmatch("()") do print(p) end for a in ("aXbX"):gmatch("^a") do print(a) end
