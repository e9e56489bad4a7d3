---@meta security
-- Who acts, and what policies allow.

---@class Actor
local Actor = {}

---@return string
function Actor:id() end

---@return table
function Actor:meta() end

---@class Policy
local Policy = {}

---@return string
function Policy:id() end

---@param actor Actor
---@param action string
---@param resource string
---@param meta? table
---@return 'allow'|'deny'|'undefined'
function Policy:evaluate(actor, action, resource, meta) end

---A set of policies. Immutable.
---@class Scope
local Scope = {}

---@param policy Policy
---@return Scope
function Scope:with(policy) end

---@param policy Policy|string
---@return Scope
function Scope:without(policy) end

---@param policy Policy|string
---@return boolean
function Scope:contains(policy) end

---@return Policy[]
function Scope:policies() end

---@param actor Actor
---@param action string
---@param resource string
---@param meta? table
---@return 'allow'|'deny'|'undefined'
function Scope:evaluate(actor, action, resource, meta) end

---@class TokenStore
local TokenStore = {}

---@param actor Actor
---@param scope Scope
---@param options? {expiration?: number|string, meta?: table}
---@return string? token
---@return Error? err
function TokenStore:create(actor, scope, options) end

---@param token string
---@return Actor? actor
---@return Scope? scope
---@return Error? err
function TokenStore:validate(token) end

---@param token string
---@return boolean? ok
---@return Error? err
function TokenStore:revoke(token) end

---@return boolean
function TokenStore:close() end

---@class security
local security = {}

---@return Actor?
function security.actor() end

---@return Scope?
function security.scope() end

---False without actor or scope.
---@param action string
---@param resource string
---@param meta? table
---@return boolean
function security.can(action, resource, meta) end

---@param id string
---@param meta? table
---@return Actor?
---@return Error? err
function security.new_actor(id, meta) end

---@param policies? Policy[]
---@return Scope?
---@return Error? err
function security.new_scope(policies) end

---@param id string
---@return Policy?
---@return Error? err
function security.policy(id) end

---@param group string
---@return Scope?
---@return Error? err
function security.named_scope(group) end

---@param id string
---@return TokenStore?
---@return Error? err
function security.token_store(id) end

return security
