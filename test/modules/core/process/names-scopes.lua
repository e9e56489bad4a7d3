-- process.md § 11.3-11.7.
local reg = process.registry
assert(reg.LOCAL == 0 and reg.EVENTUAL == 1 and reg.CONSISTENT == 2 and reg.STRONG == 3)
local other = process.spawn_monitored("test:child", "app:host", process.pid())
for scope = 0, 3 do
  assert(reg.register("s" .. scope, nil, scope) == true and reg.lookup("s" .. scope) == process.pid())
  assert(select("#", reg.unregister("s" .. scope, scope)) == 1)
  assert(reg.register("s" .. scope, nil, scope) == true)
  assert(reg.unregister("s" .. scope, (scope + 1) % 4) == false, "another scope")
end
local ok, err = reg.register("s1", other, reg.STRONG)
assert(ok == nil and err:kind() == "AlreadyExists", "one table for all scopes")
-- who may unregister
assert(reg.register("owned", other, reg.CONSISTENT) and reg.register("free", other))
process.send(other, "unregister", {"s0", "s1", "s2", "s3"}, {0, 1, 2, 3})
local answer = process.inbox():receive():payload():data()
assert(answer[1] == true and answer[2] == true and answer[3] == false and answer[4] == false, "only the owner")
for _, bad in ipairs{9, -1, 1.5, "x", true, {}} do
  ok, err = reg.register("n", nil, bad)
  assert(ok == nil and errors.is(err, errors.INVALID), tostring(bad))
  ok, err = reg.unregister("n", bad)
  assert(ok == nil and errors.is(err, errors.INVALID), "unregister " .. tostring(bad))
end
for _, bad in ipairs{"", process.pid(), "{a|b|0x1}"} do
  ok, err = reg.register(bad)
  assert(ok == nil and err:kind() == "Invalid", bad)
  ok, err = reg.lookup(bad)
  assert(ok == nil and err:kind() == "Invalid", "lookup " .. bad)
end
ok, err = reg.lookup("nobody")
assert(ok == nil and err:kind() == "NotFound" and string.find(err, "name not registered"))
ok, err = reg.register("n", "free")
assert(ok == nil and err:kind() == "Invalid", "a name is not a PID")
ok, err = reg.register("n", {})
assert(ok == nil and err:kind() == "Invalid")
-- names resolve at call time; all of them end with the process, before EXIT
assert(process.monitor("free") == nil, "watched already, under its PID")
process.send("owned", "stop")
assert(process.events():receive().from == other)
for _, name in ipairs{"owned", "free"} do assert(reg.lookup(name) == nil and reg.register(name) == true) end
-- @entry test:child
local parent = ...
while true do
  local msg = process.inbox():receive()
  if msg:topic() == "stop" then return end
  local names, scopes = msg:payload()[1]:data(), msg:payload()[2]:data()
  local removed = {}
  for i, name in ipairs(names) do removed[i] = process.registry.unregister(name, scopes[i]) end
  process.send(parent, "removed", removed)
end
