-- process.md § 8.7: an untrapped LINK_DOWN takes the whole chain; messages queued earlier are not processed.
local inbox, events = process.inbox(), process.events()
local head = assert(process.spawn_monitored("test:chain", "app:host", 5, process.pid()))
local pids = {}
for i = 1, 5 do pids[i] = inbox:receive():payload():data() end
for i = 2, 5 do assert(process.monitor(pids[i] == head and pids[1] or pids[i])) end
process.send(head, "never read")
process.terminate(pids[5])
local ended = {}
for _ = 1, 5 do
  local event = events:receive()
  ended[event.from] = event.result.error:message()
end
assert(ended[pids[5]] == "process terminated")
for i = 1, 4 do assert(ended[pids[i]] == "linked process failed", tostring(ended[pids[i]])) end
assert(channel.select{inbox:case_receive(), default = true}.default, "nobody ran any more")
-- @entry test:chain
local n, root = ...
process.send(root, "pid", process.pid())
if n > 1 then assert(process.spawn_linked("test:chain", "app:host", n - 1, root)) end
local ok = pcall(function() return channel.select{process.events():case_receive(), process.listen("none"):case_receive()} end)
process.send(root, "ran on")
