-- @expect ok
local function handler() error("again") end
assert(not xpcall(error, handler, "x"))
local function down() return xpcall(down, down) end
down()
