-- @modules json
-- json-and-clients.md K3, P5
local json = require("json")
local t = {}
for _, key in ipairs({"z", "a", "m", "__proto__", "constructor"}) do t[key] = 1 end
assert(json.encode(t) == '{"z":1,"a":1,"m":1,"__proto__":1,"constructor":1}', json.encode(t))
assert(json.encode(json.decode('{"b":1,"a":{"d":[],"c":null}}')) == '{"b":1,"a":{"d":[],"c":null}}', "decoded order")
