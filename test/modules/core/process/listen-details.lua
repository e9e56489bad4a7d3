-- process.md § 6.3, 6.6-6.9.
local me = process.pid()
local inbox = process.inbox()
for _, bad in ipairs{"", "@x", "@"} do
  local ch, err = process.listen(bad)
  assert(ch == nil and err:kind() == "Invalid", bad)
end
assert(not pcall(process.listen, nil) and not pcall(process.unlisten, {}) and not pcall(process.unlisten, nil))
-- any other value than the boolean true means raw values
for i, option in ipairs{{message = 1}, {message = "true"}, {message = false}, {}, {message = {}}} do
  local ch = process.listen("raw" .. i, option)
  process.send(me, "raw" .. i, i)
  assert(ch:receive() == i, "raw " .. i)
end
-- exact match, no wildcards
local star = process.listen("a.*")
process.send(me, "a.b", 1)
process.send(me, "a.*", 2)
assert(star:receive() == 2 and inbox:receive():topic() == "a.b")
-- nothing is dropped for lack of room, order kept across listen and unlisten
local ch = process.listen("many")
for i = 1, 100 do process.send(me, "many", i) end
for i = 1, 50 do assert(ch:receive() == i) end
assert(process.unlisten(ch) == true)
assert(ch:receive() == 51 and ch:receive() == nil, "one was in its buffer")
process.send(me, "many", 101)
for i = 52, 101 do assert(inbox:receive():payload():data() == i) end
local ok, err = process.unlisten(ch)
assert(ok == false and err:kind() == "NotFound", "it is closed already")
-- a waiter of a closed listener
ch = process.listen("w")
coroutine.spawn(function() local v, more = ch:receive() assert(v == nil and more == false) ch = nil end)
process.unlisten(ch)
coroutine.yield()
assert(ch == nil)
-- events channel
local events = process.events()
process.cancel(me, "one")
assert(process.unlisten(events) == true)
assert(process.events() ~= events and process.events():receive().reason == "one", "nothing is lost")
-- closing the inbox keeps the messages
process.send(me, "kept", 1)
inbox:close()
assert(inbox:receive() == nil)
assert(process.inbox():receive():topic() == "kept")
