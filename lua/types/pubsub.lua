---@meta pubsub
-- The older message functions. New programs use `process.send` and `process.listen`.

---@class Message
local Message = {}

---@return string
function Message:topic() end

---@return string? pid nil when the host sent it
function Message:from() end

---@return string? destination of a message made with `pubsub.message.new`
function Message:to() end

---@return Payload|Payload[]|nil payload nil for none, an array for several
function Message:payload() end

---@class pubsub
pubsub = {message = {}}

---@param topic string
---@param channel Channel
---@return Channel?
---@return Error? err
function pubsub.subscribe(topic, channel) end

---@param channel Channel
---@return boolean ok
---@return Error? err
function pubsub.unsubscribe(channel) end

---@param message Message
---@return boolean? sent
---@return Error? err
function pubsub.send(message) end

---@param from string? the own PID, also when nil
---@param to string PID or name
---@param topic string
---@param ... any payloads, copied
---@return Message?
---@return Error? err
function pubsub.message.new(from, to, topic, ...) end

return pubsub
