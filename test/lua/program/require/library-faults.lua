-- errors-and-payloads.md § 9.10.
for _, id in ipairs{"test:raises", "test:blocks"} do
  local pid, err = process.spawn(id .. "_user", "app:host")
  assert(pid == nil and err:kind() == "Internal" and tostring(err):match(id), tostring(err))
end
assert(process.exec("test:nil_user", "app:host") == true, "nil becomes true")
-- @entry test:raises_user
-- @imports lib=test:raises
return 1
-- @entry test:raises
-- @kind library.lua
error("no")
-- @entry test:blocks_user
-- @imports lib=test:blocks
return 1
-- @entry test:blocks
-- @kind library.lua
channel.new():receive()
-- @entry test:nil_user
-- @imports lib=test:nil
return lib
-- @entry test:nil
-- @kind library.lua
local nothing = 1
