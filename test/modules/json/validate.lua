-- @modules json
-- json-and-clients.md § 4
local json = require("json")
local schema = {
  type = "object",
  properties = {
    name = {type = "string", minLength = 2},
    age = {type = "integer", minimum = 0},
    tags = {type = "array", items = {type = "string"}},
    meta = {type = "object"},
  },
  required = {"name"},
  additionalProperties = false,
}
assert(json.validate(schema, {name = "Ann", age = 30.0, tags = {}, meta = {}}) == true, "matches, V3, V4")
local ok, err = json.validate(schema, {name = "A", age = -1})
assert(ok == false and err:kind() == errors.INVALID, "mismatch is INVALID")
assert(string.find(err:message(), "validation failed", 1, true), err:message())
local list = err:details().errors
assert(#list == 2, "every mismatch is listed")
assert(list[1].path == "/name" and list[1].keyword == "minLength", "with its place")

assert(json.validate('{"type":"string"}', "x") == true, "schema as text")
assert(json.validate("true", 1) == true, "boolean schema as text")
assert(json.validate("false", 1) == false, "and its opposite")
assert(json.validate({type = "object", properties = {}}, {}) == true, "an empty table is an empty object")
assert(json.validate({}, 5) == true, "the empty schema accepts everything")

local function invalid(text, good, problem)
  assert(good == false and problem:kind() == errors.INVALID, "INVALID")
  assert(string.find(problem:message(), text, 1, true), problem:message())
end
invalid("schema is required", json.validate(nil, 1))
invalid("data is required", json.validate({type = "null"}, nil))
invalid("schema", json.validate(5, 1))
invalid("schema", json.validate({type = "no such type"}, 1))
invalid("schema", json.validate("{", 1))
invalid("schema", json.validate({["$ref"] = "https://example.com/schema"}, 1))
invalid("must be a JSON string", json.validate_string({type = "object"}, {}))
invalid("validation failed", json.validate_string({type = "object"}, "{"))
invalid("validation failed", json.validate_string({type = "object"}, "[]"))
assert(json.validate_string({type = "object", required = {"a"}}, '{"a":1}') == true, "text that matches")
