-- Lua 5.3 manual § 3.3-3.5: statements, calls, varargs, closures, goto, tail calls.
local function va(...) return select("#", ...), ... end
print(va()) print(va(nil)) print(va(1, nil, 3, nil)) print((va(1, 2))) print(va(va(1))) print(({va(1, 2)})[3])
print(select(2, "a", "b", "c")) print(select(-1, "a", "b")) print(select("#")) print(pcall(select, 0)) print(pcall(select, -3, 1, 2)) print(select(5, 1, 2)) print(pcall(select, "x"))
local function multi() return 1, 2, 3 end
local a, b, c, d = multi() print(a, b, c, d) a, b = multi(), 10 print(a, b) a, b, c = 0, multi() print(a, b, c) a, b = (multi()) print(a, b)
local t = {multi(), multi()} print(#t) print(multi(), multi()) print((multi())) print(#{multi(), nil}, #{(multi())})
a, b = 1, 2 a, b = b, a print(a, b) local i, u = 1, {} i, u[i] = i + 1, 20 print(i, u[1], u[2]) do local x = 1; x = x, 5 print(x) end
-- closures share and keep their variables
local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end
local inc, get = counter() inc() inc() print(get(), (counter())()) local fs = {} for i = 1, 3 do local j = i fs[i] = function() j = j + i return j, i end end print(fs[1](), fs[1](), fs[2](), fs[3]())
fs = {} for k, v in pairs({x = 1}) do fs[1] = function() return k, v end end print(fs[1]()) local k = 0 while k < 3 do k = k + 1 local x = k fs[k] = function() x = x + 1 return x end end print(fs[1](), fs[1](), fs[3]()) k = 0 repeat local y = k k = k + 1 fs[k] = function() return y end until y >= 2 print(fs[1](), fs[3]())
-- goto
for i = 1, 3 do for j = 1, 3 do if j == 2 then goto continue end print(i, j) ::continue:: end end
do local n = 0 ::top:: n = n + 1 if n < 3 then goto top end print(n) end
do goto done local x ::done:: end do local k = 0 local hs = {} ::again:: local z = k hs[#hs + 1] = function() z = z + 1 return z end k = k + 1 if k < 3 then goto again end print(hs[1](), hs[1](), hs[2](), hs[3]()) end
-- recursion, tail calls, methods
local function fact(n) return n <= 1 and 1 or n * fact(n - 1) end print(fact(20), fact(21), fact(25.0)) local function loop(n) if n == 0 then return "done" end return loop(n - 1) end print(loop(100000))
local function even(n) if n == 0 then return true end return (function(m) if m == 0 then return false end return even(m - 1) end)(n - 1) end print(even(1000))
local obj = {v = 5} function obj:get(x) return self.v, x end function obj.static(x) return x end print(obj:get(1), obj.get(obj, 2), obj.static(3)) local s = "x" print(s:rep(3), ("%d"):format(3), #s:rep(4))
local deep = {a = {b = {}}} function deep.a.b.f(x) return x end function deep.a.b:g(x) return self == deep.a.b, x end print(deep.a.b.f(1), deep.a.b:g(2))
print((function(...) local a, b = ... return a, b, ... end)(1, 2, 3)) print((function(...) return ... end)()) print(pcall(function(...) return select("#", ...) end, nil, nil)) print(#{n = 1, ...}) print(table.unpack({1, 2, 3}, -1, 1))
print(type(_ENV), _G == _ENV, _G._G == _G, _VERSION) do local _ENV = {print = print} x = 5 print(x, _ENV.x) end print(x)
do local function f() local _ENV = {} y = 1 return y end print(f(), y) end
-- expressions: precedence, short circuit, comparison chains
print(2 + 3 * 4 ^ 2 / 2, -2 ^ 2, not 1 == 2, 1 .. 2 .. 3, 2 ^ 3 ^ 2, -3 % 5, (-3) % 5, 1 + 2 < 4, "a" .. "b" == "ab", 1 << 2 + 1, 5 & 3 | 8, 5 ~ 3, ~5 & 0xF, 7 // 2 * 2, 1 or error("no"), nil and error("no"), false or nil, nil or false, 1 and 2, #"abc" + 1, -"2" + 0, - -3)
print(1 == 1 and "yes" or "no", nil == false, 0 and "zero is true", "" and "empty is true", not not nil) print(2^-2, -2^-2, 2 .. "", 8 % 3.5, 2^31 | 0, "5" * "2", 10 / 2, 3 | 4 ~ 1 & 6)
if nil then print("no") elseif 0 then print("zero") else print("no") end local r = 0 repeat local q = r r = r + 1 until q == 2 print(r) while true do r = r - 1 if r < 0 then break end end print(r) do return print("end", (function() if true then return 1 end end)()) end
