-- @modules json
-- json-and-clients.md § 1: table of faults
local json = require("json")
local function fails(kind, text, value, err)
  assert(value == nil, "no value")
  assert(err:kind() == kind, "kind " .. tostring(err:kind()) .. " of " .. tostring(err))
  assert(string.find(tostring(err), text, 1, true), "text of " .. tostring(err))
  assert(err:retryable() == false, "not retryable")
end
local cycle = {}
cycle.self = cycle
fails(errors.INTERNAL, "recursively nested", json.encode(cycle))
fails(errors.INTERNAL, "sparse array", json.encode({[1] = 1, [3] = 3}))
fails(errors.INTERNAL, "sparse array", json.encode({nil, 2}))
fails(errors.INTERNAL, "sparse array", json.encode({[2] = 1}))
fails(errors.INTERNAL, "mixed-key table", json.encode({1, a = 2}))
local deep = {}
for _ = 1, 128 do deep = {deep} end
fails(errors.INTERNAL, "maximum nesting depth", json.encode(deep))
fails(errors.INTERNAL, "maximum nesting depth", json.decode(string.rep("[", 100000)))
fails(errors.INVALID, "string expected", json.decode(5))
fails(errors.INVALID, "string expected", json.decode())
fails(errors.INVALID, "empty string", json.decode(""))
fails(errors.INTERNAL, "decode failed", json.decode('{"a":1} x'))
fails(errors.INTERNAL, "decode failed", json.decode("[1,]"))
fails(errors.INTERNAL, "decode failed", json.decode("01"))
