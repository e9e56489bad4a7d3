-- concurrency.md § 4.1-4.5.
local ch = channel.new()
local r = channel.select{ch:case_receive(), default = true}
assert(r.default == true and r.ok == true and r.channel == nil and r.value == nil)
r = channel.select({ch:case_receive()}, true)
assert(r.default == true)
assert(channel.select{default = true}.default)
ch:close()
r = channel.select{ch:case_receive(), default = true}
assert(r.default == nil and r.ok == false and r.channel == ch, "a closed channel beats default")
local function raises(text, ...)
  local ok, err = pcall(channel.select, ...)
  assert(not ok and err:match(text), tostring(err))
end
raises("table expected", 1)
raises("table expected")
raises("select with no cases", {})
raises("select with no cases", {default = false})
raises("case expected", {ch})
raises("case expected", {ch:case_receive(), "x"})
