-- process.md § 1: a PID is text, and three spellings of it address the same process.
local me = process.pid()
assert(type(me) == "string" and tostring(me) == me and me:match("^{app:host|0x%x%x%x%x%x+}$"), me)
local unique = me:match("|(0x%x+)}")
for _, spelling in ipairs{me, "{local@app:host|" .. unique .. "}", "{app:host|anything|" .. unique .. "}"} do
  assert(process.send(spelling, "t", spelling) == true, spelling)
  assert(process.inbox():receive():payload():data() == spelling)
end
local first = assert(process.spawn("test:child", "app:host"))
local second = assert(process.spawn("test:child", "app:host"))
assert(first ~= second and ({[first] = 1})[first] == 1)
assert(tonumber(second:match("|(0x%x+)}")) > tonumber(first:match("|(0x%x+)}")), "the counter only grows")
-- @entry test:child
return 1
