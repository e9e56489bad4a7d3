-- @modules uuid
-- modules.md § 10, § 33
local uuid = require("uuid")
local a, b = uuid.v7(), uuid.v7()
assert(a < b, "v7 is ascending as text")
assert(uuid.version(a) == 7 and uuid.variant(a) == "RFC4122", "version and variant")
for i = 1, 1000 do local c = uuid.v7(); assert(b < c, "monotonic"); b = c end
assert(uuid.version(uuid.v1()) == 1 and uuid.version(uuid.v4()) == 4, "others")
assert(uuid.v4() ~= uuid.v4(), "random")
local dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
assert(uuid.v5(dns, "example.com") == "cfbff0d1-9375-5685-968c-48ce8b15ae17", "v5")
assert(uuid.v3(dns, "example.com") == "9073926b-929f-31c2-abc9-fad77ae3e8eb", "v3")
local value, err = uuid.v5("nonsense", "x")
assert(value == nil and err:kind() == errors.INVALID, "bad namespace")
assert(uuid.validate(a) and not uuid.validate("x") and not uuid.validate(5) and not uuid.validate(), "validate")
local parsed = uuid.parse(dns)
assert(parsed.version == 1 and parsed.variant == "RFC4122" and parsed.node == "00c04fd430c8", "parts of v1")
assert(parsed.timestamp == 886630433, "time of v1, got " .. tostring(parsed.timestamp))
assert(math.abs(uuid.parse(a).timestamp - 1.7e9) < 1e9 and uuid.parse(uuid.v4()).timestamp == nil, "time of v7")
assert(uuid.format(dns, "simple") == "6ba7b8109dad11d180b400c04fd430c8", "simple")
assert(uuid.format(dns, "urn") == "urn:uuid:" .. dns and uuid.format(uuid.format(dns, "simple"), "standard") == dns, "urn")
value, err = uuid.format(dns, "odd")
assert(value == nil and err:kind() == errors.INVALID, "unknown format")
for _, f in ipairs({uuid.version, uuid.variant, uuid.parse}) do
  value, err = f("zzz")
  assert(value == nil and err:kind() == errors.INVALID, "bad text")
end
assert(uuid.variant("6ba7b810-9dad-11d1-c0b4-00c04fd430c8") == "Microsoft", "other variants")
