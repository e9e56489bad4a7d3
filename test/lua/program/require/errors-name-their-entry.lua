-- errors-and-payloads.md § 3.1, Checks 14: positions are those of the source, of the entry it stands in.
-- @imports lib=test:lib
local ok, err = pcall(lib.fail)
assert(err == "test:lib:10: boom", err)
ok, err = pcall(function() error("here") end)
assert(err == "test:main:5: here", err)
-- @entry test:lib
-- @kind library.lua
return {
fail = function() error("boom") end,
}
