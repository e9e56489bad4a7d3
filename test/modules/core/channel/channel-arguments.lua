-- concurrency.md § 3: what channel.new and the methods take.
for _, size in ipairs{-1, -5, 0} do
  local ch = channel.new(size)
  assert(channel.select{ch:case_send(1), default = true}.default, "unbuffered")
end
assert(channel.select{channel.new(2.0):case_send(1), default = true}.ok)
assert(channel.new() and channel.new(nil))
for _, bad in ipairs{1.5, "x", {}, true, 0/0, 1/0} do assert(not pcall(channel.new, bad), tostring(bad)) end
local ch = channel.new(3)
for _, method in ipairs{"send", "receive", "close", "case_send", "case_receive"} do
  for _, self in ipairs{1, "x", {}, ch:case_receive(), errors.new("e")} do
    local ok, err = pcall(ch[method], self)
    assert(not ok and err:find("bad argument #1", 1, true) and err:find("channel expected", 1, true), method .. ": " .. tostring(err))
  end
  local ok, err = pcall(ch[method])
  assert(not ok and err:find("channel expected", 1, true), method)
end
-- cases are reusable; a send case keeps its value
local send, receive = ch:case_send("v"), ch:case_receive()
for _ = 1, 3 do assert(channel.select{send}.value == "v") end
for _ = 1, 3 do
  local r = channel.select{receive}
  assert(r.value == "v" and r.ok == true and r.channel == ch)
end
assert(ch:send() == true and select(2, ch:receive()) == true, "nothing is nil")
local r = channel.select{ch:case_send(nil)}
assert(r.value == nil and r.ok == true and r.channel == ch and select(2, ch:receive()) == true)
-- holes end the list
assert(channel.select{nil, receive, default = true}.default, "a hole ends the list")
for _, bad in ipairs{1, "x", {}, ch, function() end} do assert(not pcall(channel.select, {receive, bad, default = true}), tostring(bad)) end
assert(not pcall(channel.select, {}) and not pcall(channel.select, {default = 1}), "only the boolean true")
assert(channel.select({}, true).default and channel.select({}, true).ok == true and channel.select({}, true).channel == nil)
-- a case that is always ready starves later ones; select list order for senders
local full = channel.new(1)
local order = {}
for _ = 1, 3 do order[#order + 1] = channel.select{ch:case_send(1), full:case_send(2)}.channel == ch and "a" or "b" end
assert(table.concat(order) == "aaa")
assert(channel.select{ch:case_send(1), full:case_send(2)}.channel == full, "the first is full now")
