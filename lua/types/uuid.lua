---@meta uuid

---@class uuid
local uuid = {}

---@return string
function uuid.v1() end

---@param namespace string a UUID
---@param name string
---@return string?
---@return Error? err
function uuid.v3(namespace, name) end

---@return string
function uuid.v4() end

---@param namespace string a UUID
---@param name string
---@return string?
---@return Error? err
function uuid.v5(namespace, name) end

---Ascending in time.
---@return string
function uuid.v7() end

---@param value any
---@return boolean
function uuid.validate(value) end

---@param text string
---@return integer?
---@return Error? err
function uuid.version(text) end

---@param text string
---@return string? `RFC4122`, `Microsoft`, `NCS` or `Future`
---@return Error? err
function uuid.variant(text) end

---@param text string
---@return {version: integer, variant: string, timestamp?: integer, node?: string}?
---@return Error? err
function uuid.parse(text) end

---@param text string
---@param form? 'standard'|'simple'|'urn'
---@return string?
---@return Error? err
function uuid.format(text, form) end

return uuid
