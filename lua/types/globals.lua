---@meta
-- What every program has without listing it, besides the Lua 5.3 libraries.

---Writes one log line, level info: the arguments as text with a space between.
---@param ... any
function print(...) end

---Opens a channel for the messages of a topic: the older spelling of `process.listen`.
---@param topic string
---@param channel Channel
---@return Channel? channel
---@return Error? err
function subscribe(topic, channel) end

---Ends what `subscribe` began.
---@param channel Channel
---@return boolean ok
---@return Error? err
function unsubscribe(channel) end

---Starts a coroutine of the host: it runs to its first wait, then `spawn` returns. Its errors fail the process.
---@param fn fun(...: any)
---@param ... any
---@return thread
function coroutine.spawn(fn, ...) end

---@param narr? integer size hint
---@param nrec? integer size hint
---@return table
function table.create(narr, nrec) end

---Makes writes to a table raise. Returns the table.
---@generic T: table
---@param t T
---@return T
function table.freeze(t) end

---@param t table
---@return integer
function table.getn(t) end

---@type string
os.platform = 'moonhub'
