-- concurrency.md § 3 Closing, row by row, and § 3.3.
local ch = channel.new(2)
ch:send(1) ch:send(nil)
assert(select("#", ch:close()) == 0 and select("#", ch:close()) == 0, "nothing, twice")
assert(select("#", ch:receive()) == 2)
local v, ok = ch:receive()
assert(v == nil and ok == true, "a sent nil is left")
for _ = 1, 3 do v, ok = ch:receive() assert(v == nil and ok == false) end
local raised, text = pcall(ch.send, ch, 1)
assert(not raised and type(text) == "string" and text:find("send on closed channel", 1, true))
-- senders that wait behind a full buffer at close; the buffer stays readable, their values are not delivered
ch = channel.new(1)
ch:send("buffered")
local log = {}
for i = 1, 2 do
  coroutine.spawn(function()
    local sent, err = ch:send("late" .. i)
    log[#log + 1] = tostring(sent) .. " " .. tostring(err) .. " " .. err:kind()
  end)
end
ch:close()
assert(log[1] == "nil send on closed channel Invalid" and log[2] == log[1], table.concat(log, ", "))
assert(ch:receive() == "buffered" and select(2, ch:receive()) == false)
-- senders are woken before receivers, the closer last: only one of both can wait on one channel, so two channels
local a, b = channel.new(), channel.new()
log = {}
coroutine.spawn(function() channel.select{a:case_receive(), b:case_receive()} log[#log + 1] = "select" end)
coroutine.spawn(function() a:receive() log[#log + 1] = "receive" end)
a:close()
log[#log + 1] = "closer"
assert(table.concat(log, " ") == "select receive closer", table.concat(log, " "))
-- select with a receive case, and with a send case
ch = channel.new()
local r
coroutine.spawn(function() r = channel.select{ch:case_receive(), channel.new():case_receive()} end)
ch:close()
assert(r.channel == ch and r.value == nil and r.ok == false and r.default == nil)
r = channel.select{ch:case_receive(), default = true}
assert(r.channel == ch and r.ok == false, "closed beats default")
assert(not pcall(channel.select, {ch:case_send(1), default = true}), "a send case on a closed channel raises")
-- a buffer place that becomes free takes the first waiting sender's value
ch = channel.new(1)
ch:send(1)
log = {}
for i = 2, 3 do coroutine.spawn(function() log[#log + 1] = tostring(ch:send(i)) .. i end) end
assert(#log == 0 and ch:receive() == 1)
coroutine.yield()
assert(log[1] == "true2" and log[2] == nil)
assert(ch:receive() == 2 and ch:receive() == 3)
