---@meta payload
-- A value together with the format it is written in.

---@class Payload
local Payload = {}

---@return string format one of `payload.format`
function Payload:get_format() end

---The Lua value, decoded if needed; the same table each time.
---@return any value
---@return Error? err
function Payload:data() end

---@return any value
---@return Error? err
function Payload:unmarshal() end

---@param format string
---@return Payload?
---@return Error? err
function Payload:transcode(format) end

---@class payload
---@field format {LUA: string, JSON: string, YAML: string, STRING: string, BYTES: string, MSGPACK: string, GOLANG: string, ERROR: string}
payload = {}

---@param value any
---@return Payload
function payload.new(value) end

return payload
