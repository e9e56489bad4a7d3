-- errors-and-payloads.md § 1.
local e = errors.new{message = "naïve %d", kind = "K", details = {a = {1}}}
assert(type(e) == "userdata" and e and getmetatable(e) == false)
assert(e:message() == "naïve %d" and e:message("new") == "naïve %d" and e:kind(1, 2) == "K", "no setter form")
assert(e.message ~= "naïve %d" and type(e.kind) == "function" and e.nothing == nil)
assert(not pcall(function() e.message = "x" end) and not pcall(function() e.extra = 1 end), "immutable")
assert(not pcall(function() return "x" .. e.message end))
assert((e == e) == true and (e == errors.new{message = "naïve %d", kind = "K"}) == false and e ~= "naïve %d")
assert(({[e] = 1})[e] == 1)
local text = tostring(e)
assert("a" .. e == "a" .. text and e .. "b" == text .. "b" and e .. e == text .. text and e .. 1 == text .. "1" and 2.5 .. e == "2.5" .. text)
assert("x: " .. e .. " :y" == "x: " .. text .. " :y")
for _, bad in ipairs{{}, true, print} do assert(not pcall(function() return e .. bad end) and not pcall(function() return bad .. e end), "like text") end
assert(not pcall(function() return e .. nil end))
-- string functions take it as the subject
assert(string.find(e, "%d", 1, true) == #text - 1 and string.match(e, "%a+") == "na" and string.len(e) == #text)
assert(string.gsub(e, "%%d", "5") == "naïve 5" and string.lower(e) == text:lower() and string.upper(e) == text:upper())
assert(string.sub(e, 1, 2) == "na" and string.byte(e) == 110 and string.rep(e, 2) == text .. text and string.reverse(e) == text:reverse())
local n = 0
for _ in string.gmatch(e, "%a") do n = n + 1 end
assert(n == 6 or n == 5, n)
assert(string.format("%s|%10.3s", e, e) == text .. "|       naï" or string.format("%s", e) == text)
for _, method in ipairs{"find", "match", "len", "upper"} do assert(not pcall(function() return e[method](e, "x") end)) end
assert(e:details().a[1] == 1 and e:details() ~= e:details())
assert(type(e:stack()) == "string" and #e:stack() > 0)
assert(#(errors.new("x"):stack()) > 0)
local ok, err = pcall(errors.new("x").kind, "not an error")
assert(not ok and type(err) == "string" and err:find("bad argument #1", 1, true), err)
