-- process.md § 10.2-10.4.
-- @modules security, time
local s = process.with_options{unknown = {1}}
for _, bad in ipairs{false, 1, "x", {1}, {[true] = 1}, {f = print}} do
  assert(not pcall(process.with_context, bad) and not pcall(process.with_options, bad), tostring(bad))
  assert(not pcall(s.with_context, s, bad) and not pcall(s.with_options, s, bad))
end
assert(not pcall(process.with_context, nil) and not pcall(s.with_context, s, nil))
assert(not pcall(s.with_name, s, "") and not pcall(s.with_name, s, nil) and not pcall(s.with_name, s, {}))
assert(not pcall(s.with_message, s, "@t") and not pcall(s.with_message, s, nil) and not pcall(s.with_message, s, "t", print))
for _, method in ipairs{"with_actor", "with_scope"} do
  for _, bad in ipairs{false, 1, "x", {}, channel.new(), errors.new("e"), require("time").utc} do
    assert(not pcall(s[method], s, bad), method .. " takes a " .. tostring(bad))
  end
  assert(not pcall(s[method], s, nil) and not pcall(s[method], s))
end
-- values are copied at the call
local values = {t = {1}}
s = process.with_context(values)
values.t[1] = 2
values.late = true
assert(s:exec("test:child", "app:host") == "1nil")
-- failures of :spawn* and :exec are returned
for _, name in ipairs{"spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored", "exec"} do
  local pid, err = s[name](s)
  assert(pid == nil and err:kind() == "Invalid", name)
  pid, err = s[name](s, "child", "app:host")
  assert(pid == nil and err:kind() == "Invalid", name)
  pid, err = s[name](s, "test:nowhere", "app:host")
  assert(pid == nil and err:kind() == "NotFound", name)
  pid, err = s[name](s, "test:child", "app:nowhere")
  assert(pid == nil and err:kind() == "NotFound" and err:details().host_id == "app:nowhere", name)
  pid, err = s[name](s, "test:child", "app:host", print)
  assert(pid == nil and err:kind() == "Invalid", name)
end
local pid, err = s:with_name("{app:host|0x00001}"):spawn("test:child", "app:host")
assert(pid == nil and err:kind() == "Invalid", "a PID is no name")
-- @entry test:child
-- @modules ctx
return tostring(ctx.get("t")[1]) .. tostring(ctx.get("late"))
