---@meta yaml

---@class yaml
local yaml = {}

---@param value table
---@param options? {field_order?: string[], sort_unordered?: boolean}
---@return string?
---@return Error? err
function yaml.encode(value, options) end

---@param text string the first document counts
---@return any value
---@return Error? err
function yaml.decode(text) end

return yaml
