---@meta errors
-- Structured errors. Host functions return them as a second value: `local value, err = ...`.

---@class Error
---@operator concat(any): string
local Error = {}

---One of the constants in `errors`; `''` when unclassified.
---@return string
function Error:kind() end

---The message without wrap contexts.
---@return string
function Error:message() end

---Whether trying again may help; nil when unknown.
---@return boolean?
function Error:retryable() end

---@return table? details a fresh copy
function Error:details() end

---Lua stack where the error was made.
---@return string
function Error:stack() end

---@class errors
---@field UNKNOWN string
---@field INTERNAL string
---@field INVALID string
---@field CANCELED string
---@field NOT_FOUND string
---@field CONFLICT string
---@field ALREADY_EXISTS string
---@field TIMEOUT string
---@field PERMISSION_DENIED string
---@field RATE_LIMITED string
---@field UNAVAILABLE string
errors = {}

---Makes an error from a message, or from `{message=, kind=, retryable=, details=}`.
---@param message string|{message: string, kind?: string, retryable?: boolean, details?: table}
---@return Error
---@overload fun(kind: string, message: string): Error
function errors.new(message) end

---Adds context to the text of an error; kind, message and details stay.
---@param err Error|string|nil
---@param context string
---@return Error?
function errors.wrap(err, context) end

---Whether a value is an error of exactly this kind. Never raises.
---@param value any
---@param kind string
---@return boolean
function errors.is(value, kind) end

---@param err any
---@return {thread: string, frames: {source: string, line: integer, name: string}[]}?
function errors.call_stack(err) end

return errors
