-- @modules json
-- json-and-clients.md V2, V6
local json = require("json")
assert(json.validate({type = "string", pattern = "^a+$"}, "aaa") == true, "a pattern")
local text = string.rep("a", 50000) .. "!"
assert(json.validate({type = "string", pattern = "^(a+)+$"}, text) == false, "a pattern bomb")
assert(json.validate({type = "string", format = "email"}, string.rep("a", 100000)) == false, "a format bomb")
local ok, err = json.validate('{"$ref":"#"}', 1)
assert(ok == false and err:kind() == errors.INVALID, "a schema that is itself")
local bomb = {["$defs"] = {d40 = {type = "number"}}, ["$ref"] = "#/$defs/d0"}
for i = 0, 39 do
  local next_one = {["$ref"] = "#/$defs/d" .. (i + 1)}
  bomb["$defs"]["d" .. i] = {allOf = {next_one, next_one}}
end
ok, err = json.validate(bomb, 1)
assert(ok == false and string.find(err:message(), "too many steps", 1, true), "references that multiply")
local many = {}
for i = 1, 3000 do many[i] = {id = i} end
assert(json.validate({uniqueItems = true}, many) == true, "unique items without comparing every pair")
many[3001] = {id = 1}
assert(json.validate({uniqueItems = true}, many) == false, "and equal ones are found")
assert(json.validate({["$id"] = "a", type = "number"}, 1) and json.validate({["$id"] = "a", type = "string"}, "s"),
  "identifiers of two schemas do not meet")
local big = {properties = {}}
for i = 1, 300 do big.properties["p" .. i] = {pattern = "^a" .. i} end
ok, err = json.validate(big, {})
assert(ok == false and string.find(err:message(), "patterns", 1, true), "too many patterns")
ok, err = json.validate({description = string.rep("x", 200000)}, {})
assert(ok == false and err:kind() == errors.INVALID, "a schema of 200 kB")

-- D3: a schema and a value that multiply, each of them modest
local function refuses(schema, value, what)
  local ok, err = json.validate(schema, value)
  assert(ok == false and string.find(err:message(), "too many steps", 1, true), what)
end
local words, numbers = {}, {}
for i = 1, 10000 do words[i] = "word" .. i end
for i = 1, 20000 do numbers[i] = i end
refuses({items = {enum = words}}, numbers, "every item compared with every word")
local branches = {}
for i = 1, 1000 do branches[i] = {minimum = i} end
refuses({items = {allOf = branches}}, numbers, "every item against every branch")
local long = string.rep("x", 1000000)
for i = 1, 1000 do branches[i] = {maxLength = 2000000 + i} end
refuses({allOf = branches}, long, "a long text measured by every branch")
refuses({items = {pattern = "(x{30}){30}"}}, {long}, "a long text against a pattern that unfolds")
assert(json.validate({items = {type = "integer", minimum = 1}}, numbers) == true, "what is merely long is checked")
