---@meta io
-- The terminal of a terminal process. Elsewhere every call gives `nil, UNAVAILABLE`.

---@class terminal.io
local io = {}

---@param ... string|number
---@return boolean? ok
---@return Error? err
function io.write(...) end

---@param ... any tab-separated, with a newline
---@return boolean? ok
---@return Error? err
function io.print(...) end

---@param ... any to standard error
---@return boolean? ok
---@return Error? err
function io.eprint(...) end

---@param n? integer bytes at most, default 1024
---@return string? bytes nil at the end of input
---@return Error? err
function io.read(n) end

---@return string? line nil at the end of input
---@return Error? err
function io.readline() end

---@return boolean? ok
---@return Error? err
function io.flush() end

---@param on? boolean default true
---@return boolean? ok
---@return Error? err
function io.raw(on) end

---@return string[]
function io.args() end

return io
