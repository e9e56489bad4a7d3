-- concurrency.md § 3.4-3.5.
local ch = channel.new(-5)
assert(type(ch) == "userdata" and getmetatable(ch) == false)
local t = {[ch] = "key"}
assert(t[ch] == "key" and ch == ch and ch ~= channel.new())
assert(require("channel") == channel)
local function raises(text, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok and tostring(err):match(text), tostring(err))
end
raises("bad argument #1.*channel expected", ch.send, 1)
raises("bad argument #1.*channel expected", ch.receive)
raises("bad argument #1.*channel expected", ch.receive, io)
raises("integer", channel.new, 1.5)
raises("number", channel.new, {})
raises("readonly", function() channel.new = nil end)
