-- @modules json
-- json-and-clients.md E1: also in copies made by message passing
local json = require("json")
local inbox = process.inbox()
process.send(process.pid(), "t", (json.decode('{"o":{},"a":[]}')))
local copy = inbox:receive():payload():data()
assert(json.encode(copy) == '{"o":{},"a":[]}', "the copy encodes as its original did")
copy.o.x = 1
copy.o.x = nil
assert(json.encode(copy.o) == "{}", "empty again is an object again")
copy.o[1] = "item"
assert(json.encode(copy.o) == '["item"]', "what is in it decides otherwise")
