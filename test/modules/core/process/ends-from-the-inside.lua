-- process.md § 2, § 9.4, § 13; concurrency.md § 1.4-1.5, § 5: how a process ends from inside, whatever stands around the call.
-- @modules time
-- 1: terminate inside pcall inside coroutine inside user coroutine
local events = process.events()
local function ends(case)
  local pid = assert(process.spawn_monitored("test:child", "app:host", case, process.pid()))
  local e = events:receive()
  assert(e.from == pid)
  return e.result
end
for _, case in ipairs{"pcall", "wrap", "xpcall", "metamethod", "spawned", "sort"} do
  local r = ends(case)
  assert(r.error and r.error:message() == "process terminated", case .. ": " .. tostring(r.error) .. tostring(r.value))
end
assert(channel.select{process.inbox():case_receive(), default = true}.default)
-- error in user coroutine is not an error of the managed one
assert(ends("user coroutine").value == "fine")
-- error with non-string in spawned coroutine
assert(ends("table in coroutine").error:details().code == 3)
-- main returns while a coroutine is ready: dropped
assert(ends("ready").value == "main")
assert(channel.select{process.inbox():case_receive(), default = true}.default)
-- blocked main with coroutine that fails
assert(string.find(ends("later").error, "later"))
-- deadlock threads count
local d = ends("deadlock3").error
assert(d:message() == "deadlock: all coroutines blocked with no pending operations (threads=3)", d:message())
-- select deadlock, send deadlock
for _, case in ipairs{"select", "send", "user deadlock"} do
  assert(string.find(ends(case).error, "deadlock"), case)
end
-- coroutines that ended do not count
assert(string.find(ends("ended").error, "threads=1", 1, true))
-- @entry test:child
-- @modules time
local case, parent = ...
local function stop() process.terminate(process.pid()) process.send(parent, "ran on") end
if case == "pcall" then pcall(pcall, stop) pcall(stop) return "on" end
if case == "wrap" then pcall(coroutine.wrap(stop)) return "on" end
if case == "xpcall" then xpcall(error, function() stop() end) return "on" end
if case == "metamethod" then local t = setmetatable({}, {__index = stop}) pcall(function() return t.x end) return "on" end
if case == "spawned" then coroutine.spawn(function() pcall(stop) end) return "on" end
if case == "sort" then pcall(table.sort, {2, 1}, stop) return "on" end
if case == "user coroutine" then
  local ok, err = coroutine.resume(coroutine.create(function() error("inner") end))
  assert(not ok)
  return "fine"
end
if case == "table in coroutine" then coroutine.spawn(function() error({code = 3}) end) end
if case == "ready" then
  local ch = channel.new(1)
  coroutine.spawn(function() coroutine.yield() process.send(parent, "dropped") end)
  return "main"
end
if case == "later" then
  coroutine.spawn(function() time.sleep("1ms") error("later") end)
  pcall(function() channel.new():receive() end)
end
if case == "deadlock3" then
  for _ = 1, 2 do coroutine.spawn(function() channel.new():receive() end) end
  channel.new():receive()
end
if case == "select" then channel.select{channel.new():case_receive(), channel.new():case_send(1)} end
if case == "send" then channel.new():send(1) end
if case == "user deadlock" then coroutine.wrap(function() channel.new():receive() end)() end
if case == "ended" then for _ = 1, 5 do coroutine.spawn(function() end) end channel.new():receive() end
