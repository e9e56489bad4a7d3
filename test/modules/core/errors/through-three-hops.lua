-- errors-and-payloads.md Checks 15, § 4.5.
-- @modules funcs
local _, err = funcs.call("test:outer")
assert(err:kind() == "NotFound" and err:message() == "m" and err:details().id == 1)
-- @entry test:outer
-- @kind function.lua
-- @modules funcs
local _, err = funcs.call("test:inner")
return nil, err
-- @entry test:inner
-- @kind function.lua
return nil, errors.new{message = "m", kind = errors.NOT_FOUND, details = {id = 1}}
