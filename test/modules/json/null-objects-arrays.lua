-- @modules json, yaml, payload
-- everyday.md § 6, json-and-clients.md § 2.2, § 3
local json, yaml = require("json"), require("yaml")

-- json.null: one value, written as null anywhere
assert(tostring(json.null) == "null" and json.null == json.null and json.null ~= nil, "a constant")
assert(json.null and true, "true as every value but nil and false")
assert(json.encode({a = json.null, l = {1, json.null, 3}}) == '{"a":null,"l":[1,null,3]}', "in objects and arrays")
assert(json.encode(json.null) == "null", "by itself")

-- decode: nil unless asked for
local o, t
t = json.decode('{"a":null,"l":[1,null,3,null],"n":{"b":null}}', {null = true})
assert(t.a == json.null and t.l[2] == json.null and t.l[4] == json.null and t.n.b == json.null, "asked for")
assert(json.encode(t) == '{"a":null,"l":[1,null,3,null],"n":{"b":null}}', "and back")
assert(json.decode("null", {null = true}) == json.null and json.decode("null") == nil, "alone")
t = json.decode('{"a":null,"l":[1,null,3]}')
assert(t.a == nil and t.l[2] == nil and t.l[3] == 3, "not asked for: as ever")
assert(json.decode('{"a":null}', {null = false}).a == nil and json.decode('{"a":null}', "x").a == nil, "nor here")

-- what was decoded stays what it was
o = json.decode('{"a":null,"b":null}')
assert(next(o) == nil and json.encode(o) == '{"a":null,"b":null}', "members that were null are again")
o.a = 1
assert(json.encode(o) == '{"a":1,"b":null}', "unless they have a value")
assert(json.encode(t.l) == "[1,null,3]", "holes of a decoded array")
t.l[2] = "two"
assert(json.encode(t.l) == '[1,"two",3]', "filled")
o = json.decode('{"a":1}')
o.a = nil
assert(json.encode(o) == "{}", "an object stays one when it is empty")
o = json.decode("[1]")
o[1] = nil
o.x = 1
assert(json.encode(o) == '{"x":1}', "decoded arrays are no promise")

-- json.object
assert(json.encode(json.object()) == "{}" and json.encode(json.object({})) == "{}", "empty")
o = {"a", "b"}
assert(json.object(o) == o and json.encode(o) == '{"1":"a","2":"b"}', "whatever its keys")
assert(json.encode(json.object({[1] = "a", x = "b", [2.5] = 1})) == '{"1":"a","x":"b","2.5":1}', "mixed")

-- json.array
assert(json.encode(json.array()) == "[]" and json.encode(json.array({nil, 2, nil, 4})) == "[null,2,null,4]", "holes")
local far = json.array()
far[100] = 1
assert(#json.decode(json.encode(far), {null = true}) == 100, "keys set late")
local function fails(kind, value, err) assert(value == nil and err:kind() == kind, tostring(err)) return err:message() end
assert(fails(errors.INVALID, json.encode(json.array({1, x = 2}))):find('the key "x"', 1, true), "names the key")
fails(errors.INVALID, json.encode(json.array({[0] = 1})))
fails(errors.INVALID, json.encode(json.array({[1.5] = 1})))
fails(errors.INVALID, json.encode(json.array({[1e9] = 1}))) -- a gigabyte of nulls
fails(errors.INTERNAL, json.encode({nil, 2})) -- without a mark as ever

-- what cannot be marked
fails(errors.INVALID, json.array("x"))
fails(errors.INVALID, json.object(1))
fails(errors.INVALID, json.array(json)) -- shared by all programs

-- marks and null travel
local me = process.pid()
process.send(me, "t", {list = json.array({nil, 2}), object = json.object({}), null = json.null})
local got = process.inbox():receive():payload():data()
assert(json.encode(got.list) == "[null,2]" and json.encode(got.object) == "{}" and got.null == json.null, "by message")
process.send(me, "t", json.null)
assert(process.inbox():receive():payload():data() == json.null, "alone")

-- other formats have their own null
assert(yaml.encode({a = json.null, b = {1, json.null}}) == "a: null\nb:\n  - 1\n  - null\n", "YAML")
assert(yaml.encode({l = yaml.decode("[1, ~, 3]")}) == "l:\n  - 1\n  - null\n  - 3\n", "and its lists")
local packed = payload.new({1, json.null, 3}):transcode(payload.format.MSGPACK)
assert(json.encode(packed:data()) == "[1,null,3]", "MessagePack")
assert(json.validate({type = "null"}, json.null), "schemas")
