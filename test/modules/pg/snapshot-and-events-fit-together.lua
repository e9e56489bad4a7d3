-- @modules pg, time
-- process.md § 18.4
local pg, time = require("pg"), require("time")
local scope = pg.open("app:scope")
local me = process.pid()
scope:join("a")
local sub, members, err = scope:monitor("a")
local all, groups, failed = scope:events()
assert(err == nil and failed == nil and sub:channel() == sub:channel())
assert(#members == 1 and #groups.a == 1 and groups.a[1] == me, "what was before is in the snapshot only")
scope:join({"a", "b"})
scope:leave("a")
local first, second = sub:channel():receive(), sub:channel():receive()
assert(first.kind == "member.joined" and second.kind == "member.left", "in order")
assert(#second.data.PIDs == 1 and second.data.PIDs[1] == me)
local seen = {}
for i = 1, 3 do
  local event = all:channel():receive()
  seen[i] = event.kind .. " " .. event.path
end
assert(table.concat(seen, ", ") == "member.joined a, member.joined b, member.left a", table.concat(seen, ", "))
-- A slow reader loses nothing.
for i = 1, 150 do scope:join("n" .. i) end
for i = 1, 150 do assert(all:channel():receive().path == "n" .. i, "none lost") end
assert(channel.select({sub:channel():case_receive(), default = true}).default, "other groups are not heard")
-- close leaves what was not read; flush does not; both end it.
scope:join("a")
assert(sub:close() == true and sub:close() == true)
assert(sub:channel():receive().kind == "member.joined")
local value, ok = sub:channel():receive()
assert(value == nil and ok == false)
assert(all:close({flush = true}) == true)
value, ok = all:channel():receive()
assert(value == nil and ok == false, "flushed")
scope:join("a")
