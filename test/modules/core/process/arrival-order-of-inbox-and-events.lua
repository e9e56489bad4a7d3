-- concurrency.md Checks 7, § 4.6: an inbox message that came before CANCEL is seen first, whatever the list order.
local me = process.pid()
local inbox, events = process.inbox(), process.events()
process.send(me, "t", 1)
process.cancel(me, "stop")
process.send(me, "t", 2)
local seen = {}
for i = 1, 3 do
  local r = channel.select{events:case_receive(), inbox:case_receive()}
  seen[i] = r.channel == events and "cancel" or r.value:payload():data()
end
assert(seen[1] == 1 and seen[2] == "cancel" and seen[3] == 2)
