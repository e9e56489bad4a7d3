-- process.md § 10.5-10.6: a name somebody holds gets the messages instead of a new process.
local spawner = process.with_options{}:with_name("worker"):with_message("job", 1, "x"):with_message("job", 2)
local first = assert(spawner:spawn("test:child", "app:host", process.pid()))
local second = assert(spawner:spawn("test:child", "app:host", process.pid()))
assert(first == second, "one process")
local inbox, seen = process.inbox(), {}
for i = 1, 4 do seen[i] = inbox:receive():payload():data() end
assert(table.concat(seen, ",") == "1,2,1,2", table.concat(seen, ","))
-- @entry test:child
local parent = ...
for _ = 1, 4 do
  local msg = process.inbox():receive()
  assert(msg:topic() == "job" and msg:from() == parent)
  local payload = msg:payload()
  process.send(parent, "got", (payload.data and payload or payload[1]):data())
end
