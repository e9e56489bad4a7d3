-- @expect ok
local function down() return 1 + down() end
for _ = 1, 5 do
  local ok, err = pcall(down)
  assert(not ok and err:find("stack overflow"), err)
end
