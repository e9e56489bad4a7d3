-- errors-and-payloads.md Checks 3, § 1.3: string functions take an error as subject.
local _, err = process.send("{app:host|0xfffff}", "t")
assert(string.find(err, "not found"), tostring(err))
assert("p: " .. err == "p: " .. tostring(err) and err .. err == tostring(err) .. tostring(err))
assert(string.match(err, "process") == "process" and string.len(err) == #tostring(err))
assert(string.upper(err):sub(1, 6) == string.format("%s", err):upper():sub(1, 6))
assert(err.nonsense == nil and type(err.message) == "function")
assert(not pcall(function() return "x" .. err.message end))
assert(not pcall(function() return err:find("x") end))
