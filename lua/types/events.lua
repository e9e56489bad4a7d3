---@meta events
-- The event bus: announcements for whoever listens.

---@class BusEvent
---@field system string
---@field kind string
---@field path string
---@field data? any

---@class Subscription
local Subscription = {}

---@return Channel of BusEvent
function Subscription:channel() end

---@return boolean
function Subscription:close() end

---@class events
local events = {}

---@param system string pattern: `a.*`, `(a|b)`, `**`
---@param kind? string pattern, default all
---@return Subscription?
---@return Error? err
function events.subscribe(system, kind) end

---@param system string
---@param kind string
---@param path string
---@param data? any copied
---@return boolean? sent
---@return Error? err
function events.send(system, kind, path, data) end

return events
