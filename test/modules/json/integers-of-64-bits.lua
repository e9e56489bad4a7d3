-- @modules json
-- json-and-clients.md § 7, N2
local json = require("json")
assert(json.decode("9007199254740993") == 9007199254740993, "exact beyond 2^53")
assert(json.encode(9007199254740993) == "9007199254740993", "exact the other way")
assert(math.type(json.decode("9223372036854775807")) == "integer", "largest integer")
assert(math.type(json.decode("9223372036854775808")) == "float", "beyond is a float")
assert(json.encode(math.mininteger) == "-9223372036854775808", "smallest integer")
assert(math.type(json.decode("1.0")) == "float" and math.type(json.decode("-0")) == "integer", "by how it is written")
