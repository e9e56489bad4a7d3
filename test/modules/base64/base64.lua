-- @modules base64
-- modules.md § 11
local base64 = require("base64")
assert(base64.encode("") == "" and base64.decode("") == "", "empty")
assert(base64.encode("\0\255é") == "AP/DqQ==" and base64.decode("AP/DqQ==") == "\0\255é", "bytes")
for _, bad in ipairs({"A", "AP/DqQ", "AP_DqQ==", "AP/DqQ==\n", " ", "====", 5, {}}) do
  local value, err = base64.decode(bad)
  assert(value == nil and err:kind() == errors.INVALID, "bad input " .. tostring(bad))
end
local value, err = base64.encode(nil)
assert(value == nil and err:kind() == errors.INVALID, "not a string")
