-- @modules crypto, hash, time
-- modules.md § 13, § 33
local crypto = require("crypto")
local hash = require("hash")
local function fails(kind, value, err) assert(value == nil and err:kind() == kind, tostring(err)) end

assert(#crypto.random.bytes(16) == 16 and crypto.random.bytes(8) ~= crypto.random.bytes(8), "bytes")
fails(errors.INVALID, crypto.random.bytes(0))
fails(errors.INVALID, crypto.random.bytes(1048577))
assert(crypto.random.string(20):match("^%w+$") and crypto.random.string(5, "x") == "xxxxx", "strings")
assert(#crypto.random.uuid() == 36, "uuid")
assert(hash.hmac_sha256("data", "secret") == crypto.hmac.sha256("secret", "data"), "order of arguments")
assert(#crypto.hmac.sha512("k", "d") == 128, "sha512")

for _, name in ipairs({"aes", "chacha20"}) do
  local key = crypto.random.bytes(32)
  local sealed = crypto.encrypt[name]("plain\0text", key, "aad")
  assert(#sealed == 12 + 10 + 16, "nonce, ciphertext, tag")
  assert(crypto.decrypt[name](sealed, key, "aad") == "plain\0text", "round trip")
  fails(errors.INTERNAL, crypto.decrypt[name](sealed, key, "other"))
  fails(errors.INTERNAL, crypto.decrypt[name](sealed, key))
  fails(errors.INTERNAL, crypto.decrypt[name]("short", key))
  fails(errors.INVALID, crypto.encrypt[name]("x", "short key"))
  assert(crypto.decrypt[name](crypto.encrypt[name]("", key), key) == "", "empty")
end

assert(crypto.constant_time_compare("abc", "abc") and not crypto.constant_time_compare("abc", "abd"), "compare")
assert(not crypto.constant_time_compare("abc", "ab"), "lengths differ")
fails(errors.INVALID, crypto.pbkdf2("p", "s", 0, 20))
fails(errors.INVALID, crypto.pbkdf2("p", "s", 1, 20, "md5"))

local seen = {}
for letter in crypto.random.string(3000, "abc"):gmatch(".") do seen[letter] = (seen[letter] or 0) + 1 end
assert(seen.a + seen.b + seen.c == 3000, "only letters of the set")
assert(seen.a > 800 and seen.b > 800 and seen.c > 800, "each about as often")
fails(errors.INVALID, crypto.jwt.encode({}, string.rep("k", 8193), "RS256"))
fails(errors.INVALID, crypto.jwt.verify("a.b.c", string.rep("k", 8193), "RS256"))
-- a key that is empty is no key
fails(errors.INVALID, crypto.hmac.sha256("", "data"))
fails(errors.INVALID, crypto.hmac.sha512("", ""))
fails(errors.INVALID, crypto.pbkdf2("", "salt", 1, 20))
fails(errors.INVALID, crypto.pbkdf2("password", "", 1, 20))
fails(errors.INVALID, crypto.pbkdf2("password", "salt", 1, 0))
fails(errors.INVALID, crypto.pbkdf2("password", "salt", -1, 20))
fails(errors.INVALID, crypto.pbkdf2("password", "salt", 1, 1048577))
fails(errors.INVALID, crypto.random.string(3, ""))
fails(errors.INVALID, crypto.random.string(-1))
fails(errors.INVALID, crypto.random.bytes(-1))
fails(errors.INVALID, crypto.encrypt.aes("data", ""))
fails(errors.INVALID, crypto.decrypt.chacha20("data", ""))
assert(#crypto.hmac.sha256("k", "") == 64, "empty data has a signature")
