-- concurrency.md § 4.4, 4.6: arrival order counts between inbox and events only when no other case is ready.
local me = process.pid()
local inbox, events, other = process.inbox(), process.events(), channel.new(1)
process.cancel(me, "first")
process.send(me, "second")
other:send(1)
local r = channel.select{inbox:case_receive(), events:case_receive(), other:case_receive()}
assert(r.channel == inbox, "list order while another case is ready")
process.send(me, "third")
r = channel.select{other:case_receive(), inbox:case_receive(), events:case_receive()}
assert(r.channel == other)
r = channel.select{inbox:case_receive(), events:case_receive()}
assert(r.channel == events and r.value.reason == "first", "now the one that arrived first")
assert(inbox:receive():topic() == "third")
