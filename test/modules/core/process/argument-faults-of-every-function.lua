-- process.md § 3: too few arguments -> nil, INVALID; a wrong type raises; a value out of domain -> nil, INVALID.
local me = process.pid()
local function refused(kind, what, ok, err)
  assert(ok == nil and errors.is(err, kind), what .. ": expected " .. kind .. ", got " .. tostring(ok) .. ", " .. tostring(err))
end
local least = {
  send = 2, spawn = 2, spawn_monitored = 2, spawn_linked = 2, spawn_linked_monitored = 2, exec = 2, cancel = 1,
  terminate = 1, monitor = 1, unmonitor = 1, link = 1, unlink = 1, listen = 1,
}
for name, count in pairs(least) do
  local given = {}
  for i = 0, count - 1 do
    refused(errors.INVALID, name .. " with " .. i, process[name](table.unpack(given, 1, i)))
    given[i + 1] = "x"
  end
  for position = 1, count do
    for _, wrong in ipairs{false, {}, print, process.inbox(), "nil"} do
      local args = {"test:child", "app:host"}
      args[position] = wrong
      if wrong == "nil" then args[position] = nil end
      local ok, err = pcall(process[name], table.unpack(args, 1, 2))
      assert(not ok and type(err) == "string", name .. " takes a " .. type(wrong) .. " at " .. position)
      assert(err:find("bad argument #" .. position, 1, true), name .. ": " .. err)
    end
  end
end
for _, name in ipairs{"register", "lookup", "unregister"} do
  refused(errors.INVALID, name, process.registry[name]())
  for _, wrong in ipairs{false, {}, print} do
    local ok, err = pcall(process.registry[name], wrong)
    assert(not ok and err:find("bad argument #1", 1, true), name .. ": " .. tostring(err))
  end
  assert(not pcall(process.registry[name], nil), name)
end
-- values out of domain
for _, name in ipairs{"spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored", "exec"} do
  for _, id in ipairs{"", "child", ":child", "test:"} do
    refused(errors.INVALID, name .. " " .. id, process[name](id, "app:host"))
  end
  refused(errors.INVALID, name .. " without a host", process[name]("test:child", ""))
  refused(errors.NOT_FOUND, name, process[name]("test:nowhere", "app:host"))
  refused(errors.NOT_FOUND, name, process[name]("test:library", "app:host"))
  local pid, err = process[name]("test:child", "app:nowhere")
  refused(errors.NOT_FOUND, name, pid, err)
  assert(string.find(err, "host not found") and err:details().host_id == "app:nowhere")
  refused(errors.INVALID, name .. " unsendable", process[name]("test:child", "app:host", 1, print))
end
refused(errors.INVALID, "send", process.send(me, "t", print))
-- numbers are strings where strings are wanted
assert(process.registry.register(5) == true and process.registry.lookup("5") == me)
assert(process.send(5, 6, 7) == true)
assert(process.inbox():receive():topic() == "6")
assert(process.registry.unregister(5) == true)
local none, err = process.exec(5, 6)
refused(errors.INVALID, "exec", none, err)
-- what does not resolve
for _, gone in ipairs{"nobody", "{app:host|0xfffff}", "{other@app:host|0x00001}", "{", "a|b", "{a}", "{a|b|c|d}"} do
  for _, name in ipairs{"cancel", "terminate", "monitor", "link"} do
    refused(errors.NOT_FOUND, name .. " " .. gone, process[name](gone))
  end
  local ok
  ok, err = process.send(gone, "t")
  refused(errors.NOT_FOUND, "send " .. gone, ok, err)
  assert(string.find(err, gone, 1, true), "the message names the destination: " .. tostring(err))
  assert(process.unmonitor(gone) == true and process.unlink(gone) == true)
end
assert(string.find(select(2, process.send("{app:host|0xfffff}", "t")), "process not found"))
assert(string.find(select(2, process.send("{other@app:host|0x00001}", "t")), "node not found"))
-- @entry test:child
return 1
-- @entry test:library
-- @kind library.lua
return {}
