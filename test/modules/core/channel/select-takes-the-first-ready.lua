-- concurrency.md Checks 6, § 4.
local a, b = channel.new(1), channel.new(1)
for _ = 1, 5 do
  a:send("a") b:send("b")
  local r = channel.select{a:case_receive(), b:case_receive()}
  assert(r.channel == a and r.value == "a" and r.ok and r.default == nil)
  assert(b:receive() == "b")
  a:send("a") b:send("b")
  assert(channel.select{b:case_receive(), a:case_receive()}.value == "b")
  assert(a:receive() == "a")
end
local r = channel.select{a:case_send("x"), b:case_receive()}
assert(r.channel == a and r.value == "x" and r.ok == true)
assert(a:receive() == "x")
