---@meta funcs
-- Calls of functions, and of processes with a default host.

---@class CallOptions
---@field timeout? number|string milliseconds or a duration, for all attempts together
---@field retry? {max_attempts?: integer, initial_delay?: number|string, max_delay?: number|string, backoff_factor?: number, jitter?: number, retry_kinds?: string[], skip_kinds?: string[]}

---@class Future
local Future = {}

---Delivers a Payload, or the error object itself, and is closed then.
---@return Channel
function Future:response() end

---@return Channel
function Future:channel() end

---@return boolean
function Future:is_complete() end

---@return boolean
function Future:is_canceled() end

---Never waits: `nil, nil` while the call runs.
---@return Payload?
---@return Error? err
function Future:result() end

---@return Error? err
---@return boolean failed
function Future:error() end

---@return boolean
function Future:cancel() end

---Settings for calls. Every `with_*` returns a new Executor.
---@class Executor
local Executor = {}

---@param target string
---@param ... any
---@return any value
---@return Error? err
function Executor:call(target, ...) end

---@param target string
---@param ... any
---@return Future?
---@return Error? err
function Executor:async(target, ...) end

---@param values table<string, any>
---@return Executor?
---@return Error? err
function Executor:with_context(values) end

---@param options CallOptions replaces earlier options
---@return Executor?
---@return Error? err
function Executor:with_options(options) end

---@param actor Actor
---@return Executor?
---@return Error? err
function Executor:with_actor(actor) end

---@param scope Scope
---@return Executor?
---@return Error? err
function Executor:with_scope(scope) end

---@class funcs
local funcs = {}

---Calls and waits; the first result, or the callee's error.
---@param target string `namespace:name`
---@param ... any arguments, copied
---@return any value
---@return Error? err
function funcs.call(target, ...) end

---@param target string
---@param ... any
---@return Future?
---@return Error? err
function funcs.async(target, ...) end

---@return Executor
function funcs.new() end

return funcs
