-- process.md § 5.2-5.6, § 6, § 10.6: order over topics, initial messages of a Spawner, nils among payloads.
local me = process.pid()
local inbox = process.inbox()
for i = 1, 10 do process.send(me, "t" .. (i % 3), i) end
for i = 1, 10 do assert(inbox:receive():payload():data() == i) end
local s = process.with_options{}:with_message("a"):with_message("b", 1, nil, 3):with_message("c", {x = 1})
local pid = s:spawn("test:child", "app:host", me)
local got = inbox:receive():payload():data()
assert(got == "a nil|b 3 1 nil 3|c 1", got)
-- the same spawner again: messages are fresh copies
pid = s:spawn("test:child", "app:host", me)
assert(inbox:receive():payload():data() == got)
-- nil holes in payload arrays
process.send(me, "n", nil, nil)
local p = inbox:receive():payload()
assert(#p == 2 and p[1]:data() == nil and p[2]:data() == nil)
process.send(me, "n", nil)
p = inbox:receive():payload()
assert(type(p) == "userdata" and p:data() == nil)
local ch = process.listen("raw")
process.send(me, "raw", nil)
process.send(me, "raw", nil, 2)
local v, ok = ch:receive()
assert(v == nil and ok == true)
v = ch:receive()
assert(v[1] == nil and v[2] == 2)
-- messages to a name
process.registry.register("x")
assert(process.send("x", "t", 1) and inbox:receive():topic() == "t")
assert(process.registry.unregister("x"))
-- get_options fresh
assert(process.get_options() ~= process.get_options())
assert(select("#", process.set_options{}) == 2 and select("#", process.cancel(me)) == 1)
local okk, err = process.set_options()
assert(okk == false or okk == nil)
for _, f in ipairs{"pid", "id", "inbox", "events", "get_options"} do assert(process[f](1, 2, 3)) end
-- @entry test:child
local parent = ...
local inbox, out = process.inbox(), {}
for i = 1, 3 do
  local m = inbox:receive()
  local p = m:payload()
  if p == nil then out[i] = m:topic() .. " nil"
  elseif type(p) == "table" then out[i] = m:topic() .. " " .. #p .. " " .. tostring(p[1]:data()) .. " " .. tostring(p[2]:data()) .. " " .. tostring(p[3]:data())
  else local d = p:data() out[i] = m:topic() .. " " .. d.x d.x = 9 end
end
process.send(parent, "got", table.concat(out, "|"))
