---@meta base64

---@class base64
local base64 = {}

---@param bytes string
---@return string?
---@return Error? err
function base64.encode(bytes) end

---@param text string
---@return string?
---@return Error? err
function base64.decode(text) end

return base64
