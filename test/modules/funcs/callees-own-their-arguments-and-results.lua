-- concurrency.md § 9.2, process.md § 7.3: what one side changes, no other sees; retries and monitors included.
-- @modules funcs
process.registry.register("parent")
local inbox, events = process.inbox(), process.events()
local sent = {n = 0, list = {}}
local v, err = funcs.new():with_options{retry = {max_attempts = 3, initial_delay = 1, jitter = 0}}:call("test:retried", sent, payload.new({a = 1}):transcode(payload.format.JSON))
assert(v == nil and err:kind() == "Unavailable" and sent.n == 0)
for i = 1, 3 do
  local seen = inbox:receive():payload():data()
  assert(seen.n == 1 and seen.a == 1, "attempt " .. i .. " saw " .. seen.n)
end
-- the caller's result and the monitor's are two values
local future = funcs.async("test:fn")
process.monitor(inbox:receive():from())
local mine = future:response():receive():data()
mine.n = 2
assert(events:receive().result.value.n == 1, "the monitor's own copy")
coroutine.spawn(function()
  process.monitor(inbox:receive():from())
end)
mine = funcs.call("test:fn")
mine.n = 2
assert(events:receive().result.value.n == 1, "also of a waiting call")
-- @entry test:retried
-- @kind function.lua
local t, p = ...
t.n = t.n + 1
t.list[1] = "changed"
process.send("parent", "seen", {n = t.n, a = p:data().a})
return nil, errors.new{message = "m", kind = errors.UNAVAILABLE, retryable = true}
-- @entry test:fn
-- @kind function.lua
-- @modules time
process.send("parent", "started")
time.sleep("5ms")
return {n = 1}
