-- @modules hash
local hash = require("hash")
assert(hash.fnv64("a") == 0xaf63bd4c8601b7be, "two's complement")
