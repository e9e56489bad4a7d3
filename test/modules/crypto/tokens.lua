-- @modules crypto, time
-- modules.md § 13: jwt
local crypto = require("crypto")
local time = require("time")
local function fails(kind, value, err) assert(value == nil and err:kind() == kind, tostring(err)) end
local now = time.now():unix()
local token = assert(crypto.jwt.encode({sub = "u1", exp = now + 60, _header = {kid = "k1"}}, "secret"))
local payload = assert(crypto.jwt.verify(token, "secret"))
assert(payload.sub == "u1" and payload.exp == now + 60 and payload._header == nil, "payload")
fails(errors.INTERNAL, crypto.jwt.verify(token, "other"))
fails(errors.INTERNAL, crypto.jwt.verify(token, "secret", "HS512"))
fails(errors.INTERNAL, crypto.jwt.verify(token .. "x", "secret"))
fails(errors.INTERNAL, crypto.jwt.verify("a.b", "secret"))
fails(errors.INTERNAL, crypto.jwt.verify("a.b.c", "secret"))
fails(errors.INVALID, crypto.jwt.encode({}, "secret", "none"))
fails(errors.INVALID, crypto.jwt.verify(token, "secret", "none"))
fails(errors.INTERNAL, crypto.jwt.verify(crypto.jwt.encode({exp = now - 1}, "s"), "s"))
fails(errors.INTERNAL, crypto.jwt.verify(crypto.jwt.encode({exp = now + 60, nbf = now + 30}, "s"), "s"))
fails(errors.INTERNAL, crypto.jwt.verify(crypto.jwt.encode({}, "s"), "s"))
assert(crypto.jwt.verify(crypto.jwt.encode({}, "s"), "s", "HS256", false), "expiry is not required")
-- RFC 7515 A.1, the same key and claims
local rfc = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
fails(errors.INTERNAL, crypto.jwt.verify(rfc, "wrong"))
