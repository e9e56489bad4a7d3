-- concurrency.md § 3.2-3.3.
local ch, got = channel.new(1), {}
for i = 1, 4 do coroutine.spawn(function() assert(ch:send(i) == true) end) end
for i = 1, 4 do got[i] = ch:receive() end
assert(table.concat(got) == "1234")
local out = channel.new()
for i = 1, 3 do coroutine.spawn(function() got[i] = i .. out:receive() end) end
for _, v in ipairs{"a", "b", "c"} do out:send(v) end
coroutine.yield()
assert(got[1] == "1a" and got[2] == "2b" and got[3] == "3c")
