-- process.md § 17.1-17.3.
local me = process.pid()
local ch = channel.new(2)
assert(subscribe("t", ch) == ch and pubsub.subscribe("t", ch) == ch)
for i = 1, 4 do process.send(me, "t", i) end
for i = 1, 4 do assert(ch:receive() == i) end
local none, err = subscribe("t", channel.new())
assert(none == nil and err:kind() == "AlreadyExists")
none, err = subscribe("@x", ch)
assert(none == nil and err:kind() == "Invalid")
for i = 1, 4 do process.send(me, "t", i) end
assert(unsubscribe(ch) == true)
local v, ok = ch:receive()
assert(v == 1 and ok)
v, ok = ch:receive()
assert(v == 2 and ok)
v, ok = ch:receive()
assert(v == nil and ok == false, "closed")
assert(process.inbox():receive():payload():data() == 3, "the rest goes to the inbox")
local done
done, err = unsubscribe(channel.new())
assert(done == false and err:kind() == "NotFound")
