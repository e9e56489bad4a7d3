-- errors-and-payloads.md § 10.5-10.6, process.md § 2.3-2.7: the chunk runs inside spawn, main later.
local inbox = process.inbox()
process.registry.register("parent")
local pid = assert(process.spawn("test:child", "app:host", nil, 2))
local r = channel.select{inbox:case_receive(), default = true}
assert(r.value and r.value:topic() == "chunk" and r.value:from() == pid, "the chunk ran before spawn returned")
assert(channel.select{inbox:case_receive(), default = true}.default, "main did not")
local msg = inbox:receive()
assert(msg:topic() == "main" and msg:payload():data() == "2 nil 2")
local process_id = process.id()
assert(process_id == "test:main")
for id, text in pairs{["test:syntax"] = "test:syntax:", ["test:blocks"] = "outside a coroutine", ["test:method"] = 'method "main" not found in module', ["test:sleeps"] = "outside a coroutine", ["test:upgrades"] = "upgrade"} do
  for _, spawn in ipairs{"spawn", "spawn_monitored", "spawn_linked"} do
    local none, err = process[spawn](id, "app:host")
    assert(none == nil and string.find(err, text, 1, true), id .. ": " .. tostring(err))
    assert(err:kind() == (id == "test:method" and "NotFound" or "Internal"), id .. err:kind())
  end
end
assert(channel.select{process.events():case_receive(), default = true}.default, "no EXIT of what never was")
-- @entry test:child
-- @chunk
process.send("parent", "chunk")
assert(process.pid() and process.id() == "test:child")
local n = 0
for i = 1, 4 do
  if i % 2 == 0 then goto continue end
  local x = i
  n = n + x
  ::continue::
end
assert(n == 4)
local function main(...)
  process.send("parent", "main", select("#", ...) .. " " .. tostring((...)) .. " " .. tostring(select(2, ...)))
end
-- @entry test:syntax
-- @chunk
local x = = 1
-- @entry test:blocks
-- @chunk
local function main() end
process.inbox():receive()
-- @entry test:sleeps
-- @modules time
-- @chunk
time.sleep("1ms")
-- @entry test:upgrades
-- @chunk
process.upgrade()
-- @entry test:method
-- @chunk
local function other() end
