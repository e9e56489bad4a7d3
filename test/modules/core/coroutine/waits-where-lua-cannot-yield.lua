-- concurrency.md § 2.6: the failing call has no other effect.
local ch = channel.new()
local function raises(text, fn)
  local ok, err = pcall(fn)
  assert(not ok and tostring(err):match(text), tostring(err))
end
raises("attempt to yield across a", function()
  table.sort({3, 2, 1}, function(a, b) ch:receive() return a < b end)
end)
raises("attempt to yield across a", function() string.gsub("x", "x", function() ch:receive() end) end)
assert(channel.select{ch:case_send(1), default = true}.default, "no receiver was left behind")
