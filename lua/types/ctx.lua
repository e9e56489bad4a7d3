---@meta ctx
-- Values the program was started with. Read-only.

---@class ctx
local ctx = {}

---@param key string
---@return any value
---@return Error? err
function ctx.get(key) end

---@return table<string, any> values
function ctx.all() end

return ctx
