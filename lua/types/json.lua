---@meta json
-- JSON text and Lua values. Nothing here raises; failures are the second result.

---What stands for `null` where nil would leave a hole: the same value in every program, also after `send` and `call`.
---Written as `null` anywhere; `tostring` gives "null". It is not false: compare with `==`.
---@alias json.Null userdata

---@class json
---@field null json.Null
local json = {}

---Writes a value. An empty table is `[]` unless it was decoded from `{}`; holes of a decoded array, and
---members that were null in a decoded object and got no value, are `null`.
---@param value any
---@return string? text
---@return Error? err
function json.encode(value) end

---Reads a text. `null` is nil, or `json.null` when asked for; integers keep all 64 bits.
---@param text string
---@param options? { null?: boolean }
---@return any value
---@return Error? err
function json.decode(text, options) end

---Marks a table, given or new: it is written as an object whatever its keys.
---@param value? table
---@return table? value the same table
---@return Error? err
function json.object(value) end

---Marks a table, given or new: it is written as an array, with `null` for holes. Any other key fails when it is written.
---@param value? table
---@return table? value the same table
---@return Error? err
function json.array(value) end

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
