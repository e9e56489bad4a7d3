-- errors-and-payloads.md § 9.8: a function or process may be imported for its chunk value.
-- @imports fn=test:fn, proc=test:proc
assert(fn(2) == 4 and type(proc) == "table" and proc.main() == "main", "chunk values")
-- @entry test:fn
-- @kind function.lua
-- @chunk
return function(n) return n * 2 end
-- @entry test:proc
-- @chunk
return {main = function() return "main" end}
