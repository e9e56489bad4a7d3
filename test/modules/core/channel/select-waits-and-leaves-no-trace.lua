-- concurrency.md § 4.7-4.8.
local a, b, out = channel.new(), channel.new(), channel.new(1)
coroutine.spawn(function()
  local r = channel.select{a:case_receive(), b:case_send("from select"), a:case_receive()}
  out:send(r)
end)
a:send(1)
local r = out:receive()
assert(r.channel == a and r.value == 1)
assert(channel.select{b:case_receive(), default = true}.default, "the send case is gone")
assert(channel.select{a:case_send(2), default = true}.default, "the second receive case is gone")
local self = channel.new()
assert(channel.select{self:case_send(1), self:case_receive(), default = true}.default, "does not meet itself")
