-- @expect killed
local function nest(n)
  if n == 0 then while true do end end
  return coroutine.wrap(function() return pcall(nest, n - 1) end)()
end
while true do nest(20) end
