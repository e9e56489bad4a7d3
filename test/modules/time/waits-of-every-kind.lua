-- concurrency.md § 7: bad durations, release with the process, equal deadlines, drift.
-- @modules time
for _, name in ipairs{"after", "timer", "ticker"} do
  for _, bad in ipairs{0, -1, "", "x", "-1s", "0", false, {}, 0/0, 1/0, 0.5} do
    local v, err = time[name](bad)
    assert(v == nil and errors.is(err, errors.INVALID), name .. " takes " .. tostring(bad))
  end
  local v, err = time[name]()
  assert(v == nil and errors.is(err, errors.INVALID), name)
  assert(time[name](time.parse_duration("1h")), name)
end
for _, bad in ipairs{"", "x", false, {}, 0/0, 1/0, print} do
  local v, err = time.sleep(bad)
  assert(v == nil and errors.is(err, errors.INVALID), "sleep " .. tostring(bad))
end
local v, err = time.sleep()
assert(v == nil and errors.is(err, errors.INVALID))
assert(select("#", time.sleep(100)) == 0 and select("#", time.sleep("-5s")) == 0 and select("#", time.sleep(0)) == 0)
-- equal deadlines in creation order, across kinds
local order = {}
local function note(name, wait) coroutine.spawn(function() wait() order[#order + 1] = name end) end
local c1, c2, t1 = time.after("10ms"), time.after("10ms"), time.timer("10ms")
note("c2", function() c2:receive() end)
note("c1", function() c1:receive() end)
note("s", function() time.sleep("10ms") end)
note("t", function() t1:channel():receive() end)
time.sleep("30ms")
assert(table.concat(order, " ") == "c1 c2 t s", table.concat(order, " "))
-- a wait longer than a platform timer can do
local before = time.now()
local long = time.after(2 ^ 31 * 1e6 // 1 | 0)
assert(channel.select{long:case_receive(), default = true}.default)
local timer = time.timer("1h")
for _, bad in ipairs{0, -1, "x", {}, false} do assert(not pcall(timer.reset, timer, bad)) end
assert(not pcall(timer.reset, timer))
assert(timer:reset(time.parse_duration("5ms")) == true and timer:reset("1ms") == true)
assert(timer:response():receive():sub(before):milliseconds() >= 1)
assert(timer:stop() == false and timer:reset("1s") == false)
-- closing the channel of a timer stops it
timer = time.timer("5ms")
timer:channel():close()
assert(timer:stop() == false and timer:channel():receive() == nil)
local ticker = time.ticker("5ms")
ticker:channel():close()
assert(ticker:stop() == true and ticker:channel():receive() == nil)
for _, kind in ipairs{timer, ticker, time.now(), time.parse_duration("1s"), time.utc} do
  assert(type(kind) == "userdata" and getmetatable(kind) == false and kind.nonsense == nil)
end
