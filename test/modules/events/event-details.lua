-- concurrency.md § 10.
-- @modules events, time
local function drain(sub)
  time.sleep("2ms")
  local seen = {}
  while true do
    local r = channel.select{sub:channel():case_receive(), default = true}
    if r.default or not r.ok then return table.concat(seen, " ") end
    seen[#seen + 1] = r.value.system .. "/" .. r.value.kind
  end
end
local words = {"a", "a.b", "a.b.c", "a.x.c", "ab", "b", "A.b", "a..b", "c.d.e.f"}
local cases = {
  ["a"] = "a", ["a.*"] = "a.b a.b.c a.x.c a..b", ["a.*.c"] = "a.b.c a.x.c", ["*"] = table.concat(words, " "), ["a.**"] = "a a.b a.b.c a.x.c a..b",
  ["**.c"] = "a.b.c a.x.c", ["(a|b)"] = "a b", ["a.(b|x).c"] = "a.b.c a.x.c", ["(a|c).*"] = "a.b a.b.c a.x.c a..b c.d.e.f",
  ["**"] = table.concat(words, " "), ["*.b"] = "a.b A.b", ["x"] = "", ["a*"] = "",
}
for pattern, expected in pairs(cases) do
  local systems, kinds = events.subscribe(pattern), events.subscribe("fixed", pattern)
  for _, word in ipairs(words) do
    events.send(word, "k", "p")
    events.send("fixed", word, "p")
  end
  local e = (expected:gsub("(%S+)", "%1/k"))
  if pattern == "*" or pattern == "**" then e = nil end
  local got, of_kind = drain(systems), drain(kinds)
  if e then assert(got == e, pattern .. ": " .. got) end
  assert(of_kind == (expected:gsub("(%S+)", "fixed/%1")), pattern .. " of kinds: " .. of_kind)
  systems:close() kinds:close()
end
-- never inside send; the sender receives its own; nil and "" mean all kinds
local sub, all = events.subscribe("s", nil), events.subscribe("s", "")
assert(events.send("s", "k", "p", nil) == true)
assert(channel.select{sub:channel():case_receive(), default = true}.default, "delivered later")
assert(drain(sub) == "s/k" and drain(all) == "s/k")
-- data: false is data, errors stay errors, a Payload is its value
events.send("s", "k", "p", false)
events.send("s", "k", "p", errors.new{message = "m", kind = "K"})
events.send("s", "k", "p", payload.new({a = 1}))
local first, second, third = sub:channel():receive(), sub:channel():receive(), sub:channel():receive()
assert(first.data == false and second.data:kind() == "K" and third.data.a == 1)
for _, bad in ipairs{{}, {nil, "k", "p"}, {"s", nil, "p"}, {"s", "k"}, {{}, "k", "p"}} do assert(not pcall(events.send, bad[1], bad[2], bad[3])) end
assert(not pcall(events.subscribe) and not pcall(events.subscribe, {}) and not pcall(events.subscribe, "s", {}))
-- closing the channel ends the subscription too
sub:channel():close()
events.send("s", "k", "p")
time.sleep("1ms")
assert(sub:channel():receive() == nil and sub:close() == true)

local sent, refusal = events.send("s", string.rep("k", 1025), "p")
assert(sent == nil and refusal:kind() == errors.INVALID, "a kind that is too long to match")
assert(events.send(string.rep("s", 1024), string.rep("k", 1024), "p"), "one that is not")
