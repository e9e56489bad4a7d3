---@meta env
-- Variables of the application and of the operating system.

---@class env
local env = {}

---@param key string public name, entry name in the own namespace, or entry ID
---@return string?
---@return Error? err
function env.get(key) end

---@param key string
---@param value string
---@return boolean? ok
---@return Error? err
function env.set(key, value) end

---@return table<string, string>
function env.get_all() end

return env
