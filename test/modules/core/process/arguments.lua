-- process.md § 3: too few -> nil, INVALID; wrong type -> raises; wrong value -> nil, INVALID.
local function fails(kind, ok, err)
  assert(ok == nil and errors.is(err, kind), tostring(kind) .. " expected, got " .. tostring(err))
end
local me = process.pid()
for _, name in ipairs{"send", "spawn", "cancel", "terminate", "monitor", "unmonitor", "link", "unlink", "listen"} do
  fails(errors.INVALID, process[name]())
end
fails(errors.INVALID, process.send(me))
fails(errors.INVALID, process.send(me, "@x"))
fails(errors.INVALID, process.send(me, ""))
fails(errors.NOT_FOUND, process.send("nobody", "t"))
fails(errors.NOT_FOUND, process.send("{node@app:host|0x00001}", "t"))
fails(errors.NOT_FOUND, process.monitor("{app:host|0xfffff}"))
fails(errors.NOT_FOUND, process.link("{app:host|0xfffff}"))
fails(errors.NOT_FOUND, process.cancel("{app:host|0xfffff}"))
fails(errors.NOT_FOUND, process.terminate("{app:host|0xfffff}"))
fails(errors.INVALID, process.listen(""))
fails(errors.INVALID, process.listen("@x"))
assert(process.unmonitor("{app:host|0xfffff}") == true and process.unlink("{app:host|0xfffff}") == true)
for _, call in ipairs{
  function() process.send(nil, "t") end,
  function() process.send(me, {}) end,
  function() process.monitor({}) end,
  function() process.listen(nil) end,
  function() process.unlisten(5) end,
  function() process.cancel(me, {}) end,
} do
  local ok, err = pcall(call)
  assert(not ok and type(err) == "string" and string.find(err, "bad argument"), tostring(err))
end
assert(process.send(me, 12, 1), "a number is a topic")
assert(process.inbox():receive():topic() == "12")
