---@meta store
-- Key-value stores with expiry and versions. Values are copied in and out.

---@class StoreEntry
---@field key string
---@field value any
---@field version string

---@class Store
local Store = {}

---@param key string
---@return any value
---@return Error? err
function Store:get(key) end

---@param key string
---@param value any
---@param ttl? number|string seconds or a duration
---@return boolean? ok
---@return Error? err
function Store:set(key, value, ttl) end

---@param key string
---@return boolean?
---@return Error? err
function Store:has(key) end

---@param key string
---@return boolean? existed
---@return Error? err
function Store:delete(key) end

---@param key string
---@return StoreEntry?
---@return Error? err
function Store:entry(key) end

---@param key string
---@param value any
---@param options? {ttl?: number|string, only_if_absent?: boolean, if_version?: string}
---@return StoreEntry?
---@return Error? err
function Store:put(key, value, options) end

---@param options? {prefix?: string, after?: string, limit?: integer}
---@return {items: StoreEntry[], cursor: string, has_more: boolean}?
---@return Error? err
function Store:list(options) end

---@return table
function Store:info() end

---@return boolean
function Store:release() end

---@class store
---@field backend {MEMORY: string, SQL: string, KV_RAFT: string, KV_CRDT: string, UNKNOWN: string}
---@field consistency {LINEARIZABLE: string, EVENTUAL: string, LOCAL: string, UNKNOWN: string}
local store = {}

---@param id string
---@return Store?
---@return Error? err
function store.get(id) end

return store
