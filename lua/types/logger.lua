---@meta logger
-- Log lines with fields. The module itself is a Logger.

---@class Logger
local logger = {}

---@param message string
---@param fields? table<string, any>
function logger:debug(message, fields) end

---@param message string
---@param fields? table<string, any>
function logger:info(message, fields) end

---@param message string
---@param fields? table<string, any>
function logger:warn(message, fields) end

---@param message string
---@param fields? table<string, any>
function logger:error(message, fields) end

---@param fields table<string, any> on every line
---@return Logger
function logger:with(fields) end

---@param name string joined to the names before with a dot
---@return Logger
function logger:named(name) end

return logger
