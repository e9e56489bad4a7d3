---@meta json
-- JSON text and Lua values. Nothing here raises; failures are the second result.

---@class json
local json = {}

---Writes a value. An empty table is `[]` unless it was decoded from `{}`.
---@param value any
---@return string? text
---@return Error? err
function json.encode(value) end

---Reads a text. `null` is nil; integers keep all 64 bits.
---@param text string
---@return any value
---@return Error? err
function json.decode(text) end

---Checks a value against a JSON Schema (2020-12). `err:details().errors` lists what does not match.
---@param schema table|string
---@param value any
---@return boolean ok
---@return Error? err
function json.validate(schema, value) end

---Checks a JSON text against a JSON Schema.
---@param schema table|string
---@param text string
---@return boolean ok
---@return Error? err
function json.validate_string(schema, text) end

return json
