-- @expect error: error object is a table value
-- What becomes of the error is decided after the program ended; its __tostring may not run for ever either.
error(setmetatable({}, { __tostring = function() while true do end end }))
