-- concurrency.md § 3 Closing, § 1 ready order: the woken ones first, then the closer.
local ch, log = channel.new(), {}
for i = 1, 2 do
  coroutine.spawn(function()
    local v, ok = ch:receive()
    log[#log + 1] = i .. tostring(v) .. tostring(ok)
  end)
end
coroutine.spawn(function()
  local r = channel.select{ch:case_receive()}
  log[#log + 1] = "select" .. tostring(r.value) .. tostring(r.ok) .. tostring(r.channel == ch)
end)
ch:close()
log[#log + 1] = "closer"
assert(table.concat(log, " ") == "1nilfalse 2nilfalse selectnilfalsetrue closer", table.concat(log, " "))
