---@meta crypto

---@class crypto
local crypto = {random = {}, hmac = {}, encrypt = {}, decrypt = {}, jwt = {}}

---@param n integer 1-1048576
---@return string?
---@return Error? err
function crypto.random.bytes(n) end

---@param n integer
---@param charset? string default letters and digits
---@return string?
---@return Error? err
function crypto.random.string(n, charset) end

---@return string
function crypto.random.uuid() end

---Key first; `hash.hmac_sha256` takes the data first.
---@param key string
---@param data string
---@return string
function crypto.hmac.sha256(key, data) end

---@param key string
---@param data string
---@return string
function crypto.hmac.sha512(key, data) end

---AES-GCM: nonce, ciphertext, tag.
---@param data string
---@param key string 16, 24 or 32 bytes
---@param aad? string
---@return string?
---@return Error? err
function crypto.encrypt.aes(data, key, aad) end

---ChaCha20-Poly1305: nonce, ciphertext, tag.
---@param data string
---@param key string 32 bytes
---@param aad? string
---@return string?
---@return Error? err
function crypto.encrypt.chacha20(data, key, aad) end

---@param data string
---@param key string
---@param aad? string
---@return string?
---@return Error? err
function crypto.decrypt.aes(data, key, aad) end

---@param data string
---@param key string
---@param aad? string
---@return string?
---@return Error? err
function crypto.decrypt.chacha20(data, key, aad) end

---@param payload table `_header` adds header fields
---@param key string secret, or a private key in PEM form
---@param alg? 'HS256'|'HS384'|'HS512'|'RS256'
---@return string?
---@return Error? err
function crypto.jwt.encode(payload, key, alg) end

---@param token string
---@param key string
---@param alg? 'HS256'|'HS384'|'HS512'|'RS256'
---@param require_exp? boolean default true
---@return table? payload
---@return Error? err
function crypto.jwt.verify(token, key, alg, require_exp) end

---@param password string
---@param salt string
---@param iterations integer
---@param length integer
---@param hash? 'sha256'|'sha512'
---@return string?
---@return Error? err
function crypto.pbkdf2(password, salt, iterations, length, hash) end

---@param a string
---@param b string
---@return boolean
function crypto.constant_time_compare(a, b) end

return crypto
