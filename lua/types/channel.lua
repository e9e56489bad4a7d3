---@meta channel
-- Channels hand values from one coroutine to another, within one process.

---@class ChannelCase

---@class Channel
local Channel = {}

---Waits until a receiver or a buffer place takes the value. Raises on a closed channel.
---@param value any
---@return boolean? sent
---@return Error? err the channel was closed meanwhile
function Channel:send(value) end

---Waits for a value.
---@return any value
---@return boolean ok false when the channel is closed and drained
function Channel:receive() end

---Closes the channel; buffered values stay readable.
function Channel:close() end

---@return ChannelCase
function Channel:case_receive() end

---@param value any
---@return ChannelCase
function Channel:case_send(value) end

---@class channel
channel = {}

---@param size? integer buffered values, default 0: sender and receiver meet
---@return Channel
function channel.new(size) end

---Waits until one case can go on; the first ready one in the list wins. With a default nothing waits.
---@param cases ChannelCase[]|{default?: boolean}
---@param default? boolean
---@return {channel?: Channel, value?: any, ok: boolean, default?: boolean}
function channel.select(cases, default) end

return channel
