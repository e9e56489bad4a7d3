-- concurrency.md Checks 8, § 3 Closing.
local ch = channel.new()
local v, err
coroutine.spawn(function() v, err = ch:send(1) end)
ch:close()
assert(v == nil and err:message() == "send on closed channel", tostring(err))
local ok, raised = pcall(ch.send, ch, 1)
assert(not ok and raised:match("send on closed channel"), tostring(raised))
ok, raised = pcall(channel.select, {ch:case_send(1)})
assert(not ok and raised:match("send on closed channel"))
local blocked = channel.new()
local failed
coroutine.spawn(function() failed = select(2, pcall(channel.select, {blocked:case_send(1)})) end)
blocked:close()
assert(failed:match("send on closed channel"), tostring(failed))
