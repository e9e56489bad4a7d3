-- concurrency.md § 3.1.
local ch = channel.new(4)
local t, f = {}, function() end
ch:send(t) ch:send(f) ch:send(ch) ch:send(2.0)
assert(ch:receive() == t and ch:receive() == f and ch:receive() == ch)
assert(math.type(ch:receive()) == "float")
