-- @modules hash
-- modules.md § 12, § 33
local hash = require("hash")
assert(hash.sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "sha256")
assert(hash.md5("abc") == "900150983cd24fb0d6963f7d28e17f72", "md5")
assert(hash.sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d", "sha1")
assert(#hash.sha512("abc") == 128 and #hash.sha512("abc", true) == 64, "raw bytes")
assert(hash.hmac_sha256("what do ya want for nothing?", "Jefe")
  == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "data first, then secret")
assert(hash.fnv32("a") == 0x050c5d7e, "FNV-1 of 32 bits")
local value, err = hash.md5(5)
assert(value == nil and err:kind() == errors.INVALID, "data is a string")
value, err = hash.hmac_md5("x")
assert(value == nil and err:kind() == errors.INVALID, "so is the secret")
for _, name in ipairs({"md5", "sha1", "sha256", "sha512"}) do
  local nothing, refused = hash["hmac_" .. name]("data", "")
  assert(nothing == nil and refused:kind() == errors.INVALID, "an empty secret is no secret")
  assert(hash["hmac_" .. name]("", "secret"), "empty data has a signature")
end
