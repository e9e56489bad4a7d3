-- process.md § 6.10: several coroutines on one channel: each message to exactly one, the first to wait first.
local me, inbox = process.pid(), process.inbox()
local got = {}
for i = 1, 2 do
  coroutine.spawn(function() table.insert(got, i .. inbox:receive():payload():data()) end)
end
for _, v in ipairs{"a", "b", "c"} do process.send(me, "t", v) end
table.insert(got, "3" .. inbox:receive():payload():data())
coroutine.yield()
table.sort(got)
assert(table.concat(got, " ") == "1a 2b 3c", table.concat(got, " "))
local ch = process.listen("x")
got = {}
coroutine.spawn(function() got[1] = ch:receive() end)
process.send(me, "x", "first")
process.send(me, "x", "second")
local r = channel.select{ch:case_receive(), default = true}
assert(r.value == "second", tostring(r.value))
coroutine.yield()
assert(got[1] == "first")
coroutine.spawn(function() got[2] = ch:receive() end)
process.send(me, "x", "third")
assert(channel.select{ch:case_receive(), default = true}.default, "it belongs to the one who waited")
coroutine.yield()
assert(got[2] == "third")
