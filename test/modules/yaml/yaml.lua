-- @modules yaml
-- modules.md § 14
local yaml = require("yaml")
local text = assert(yaml.encode({b = 1, a = {1, 2, {x = "y"}}, empty = {}, name = "n"}, {field_order = {"name", "b"}}))
assert(text == "name: n\nb: 1\na:\n  - 1\n  - 2\n  - x: y\nempty: []\n", text)
local t = assert(yaml.decode("a: 1\nb: [x, 2.5, true, null]\nd: 2024-01-02\nn: '5'\n---\nsecond: document\n"))
assert(t.a == 1 and math.type(t.a) == "integer" and t.b[1] == "x" and t.b[2] == 2.5 and t.b[3] == true, "types")
assert(t.d == "2024-01-02" and t.n == "5" and t.second == nil, "timestamps stay text; first document only")
assert(yaml.decode("x: &a {k: 1}\ny: *a").y.k == 1, "aliases")
local function fails(kind, value, err) assert(value == nil and err:kind() == kind, tostring(err)) end
fails(errors.INVALID, yaml.encode("x"))
fails(errors.INVALID, yaml.decode(""))
fails(errors.INVALID, yaml.decode(5))
fails(errors.INTERNAL, yaml.decode("a: [1"))
fails(errors.INVALID, yaml.decode(string.rep("[", 100000)))
fails(errors.INVALID, yaml.decode(string.rep("- 1\n", 300000))) -- beyond 1 MiB
local laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n"
for i = 1, 9 do
  local p, n = string.char(96 + i), string.char(97 + i)
  laughs = laughs .. n .. ": &" .. n .. " [" .. string.rep("*" .. p, 9, ",") .. "]\n"
end
fails(errors.INVALID, yaml.decode(laughs))
local cycle = {}
cycle.self = cycle
fails(errors.INTERNAL, yaml.encode(cycle))
assert(yaml.encode({["__proto__"] = 1}) == "__proto__: 1\n", "names are data")
assert(rawget(yaml.decode("__proto__: 1"), "__proto__") == 1, "the other way too")
assert(yaml.encode({s = "yes: no", t = "true", n = "1"}) == 's: "yes: no"\nt: "true"\nn: "1"\n'
  or yaml.decode(yaml.encode({s = "yes: no", t = "true", n = "1"})).n == "1", "text stays text")
