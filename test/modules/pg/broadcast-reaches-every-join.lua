-- @modules pg, time
-- process.md § 18.3
local pg, time = require("pg"), require("time")
local scope = pg.open("app:scope")
assert(scope:broadcast("room", "news", 1) == true, "an unknown group is no failure")
local child = assert(process.spawn("test:member", "app:host", process.pid()))
time.sleep("1ms")
scope:join({"room", "room"})
local news = process.listen("news", {message = true})
local data = {list = {1}}
assert(scope:broadcast("room", "news", data, "second") == true)
data.list[1] = "changed later"
local first, again = news:receive(), news:receive()
for _, message in ipairs({first, again}) do
  assert(message:from() == process.pid() and message:topic() == "news", "from the caller")
end
local one, two = first:payload(), again:payload()
assert(one[1]:data() ~= two[1]:data() and one[1]:data().list[1] == 1 and two[2]:data() == "second", "a copy each")
local report = process.listen("report"):receive()
assert(report.from == process.pid() and report.value == 1, "to the other member too")
process.terminate(child)
assert(scope:broadcast_local("room", "news", "x") == true, "the dead are passed over")
assert(news:receive():payload():data() == "x")
for _, call in ipairs({
  function() return scope:broadcast("room", "", 1) end,
  function() return scope:broadcast("nobody", "@x", 1) end,
  function() return scope:broadcast("nobody", "t", print) end,
}) do
  local value, err = call()
  assert(value == nil and err:kind() == errors.INVALID, "the rules of process.send")
end
assert(news:receive():payload():data() == "x", "once per join")
assert(channel.select({news:case_receive(), default = true}).default, "and no more")

-- @entry test:member
-- @modules pg
local parent = ...
require("pg").open("app:scope"):join("room")
local message = process.inbox():receive()
process.send(parent, "report", {from = message:from(), value = message:payload()[1]:data().list[1]})
process.inbox():receive()
