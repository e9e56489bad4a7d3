-- @modules json
-- json-and-clients.md V2, V6
local json = require("json")
-- what compiling takes that the size of a schema does not show
local function too_large(schema, word, what)
  local ok, err = json.validate(schema, {})
  assert(ok == false and err:kind() == errors.INVALID and string.find(err:message(), word, 1, true), what .. ": " .. err:message())
end
too_large({pattern = string.rep("a{1000}", 100)}, "repetitions", "a pattern that unfolds")
local unfolding = {}
for i = 1, 30 do unfolding[i] = {pattern = "a{" .. (900 + i) .. "}"} end
too_large({allOf = unfolding}, "patterns come to", "many of them")
local chain = {["$ref"] = "#/$defs/d1", ["$defs"] = {}}
for i = 1, 1000 do chain["$defs"]["d" .. i] = {["$ref"] = "#/$defs/d" .. (i % 1000 + 1)} end
too_large(chain, "references", "a chain of references")
local seen = {}
for i = 1, 700 do seen[i] = {properties = {["p" .. i] = {}}} end
too_large({allOf = seen, unevaluatedProperties = false}, "unevaluated", "what was seen by none of many")
local wide = {properties = {}}
for i = 1, 2000 do wide.properties["p" .. i] = {type = "string"} end
too_large(wide, "objects", "many parts")
