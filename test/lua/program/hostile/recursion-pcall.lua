-- @expect ok
local function down() return pcall(down) end
down()
local function deep(n) if n == 0 then return "bottom" end local _, v = pcall(deep, n - 1) return v end
deep(100000)
