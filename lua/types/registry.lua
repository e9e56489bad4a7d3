---@meta registry
-- Entries, their versions and changes.

---@class Entry
---@field id string
---@field kind string
---@field meta table
---@field data table

---@class registry.Version
local Version = {}

---@return integer
function Version:id() end

---@return string `v3`
function Version:string() end

---@return registry.Version?
function Version:previous() end

---@return registry.Version?
function Version:next() end

---@class registry.Changes
local Changes = {}

---@param entry table
---@return registry.Changes?
---@return Error? err
function Changes:create(entry) end

---@param entry table
---@return registry.Changes?
---@return Error? err
function Changes:update(entry) end

---@param id string|{ns: string, name: string}
---@return registry.Changes?
---@return Error? err
function Changes:delete(id) end

---@return {kind: string, entry: Entry}[]
function Changes:ops() end

---@return registry.Version?
---@return Error? err
function Changes:apply() end

---@class registry.Snapshot
local Snapshot = {}

---@return Entry[]
function Snapshot:entries() end

---@param id string
---@return Entry?
---@return Error? err
function Snapshot:get(id) end

---@param filter? table<string, any>
---@return Entry[]?
---@return Error? err
function Snapshot:find(filter) end

---@param namespace string
---@return Entry[]
function Snapshot:namespace(namespace) end

---@return registry.Version
function Snapshot:version() end

---@return registry.Changes
function Snapshot:changes() end

---@class registry.History
local History = {}

---@return registry.Version[]
function History:versions() end

---@param number integer
---@return registry.Version?
---@return Error? err
function History:get_version(number) end

---@param version registry.Version|integer
---@return registry.Snapshot?
---@return Error? err
function History:snapshot_at(version) end

---@class registry
local registry = {}

---@param id string
---@return Entry?
---@return Error? err
function registry.get(id) end

---@param filter? table<string, any> e.g. `{kind = "registry.entry", ["^meta.path"] = "/api"}`
---@return Entry[]?
---@return Error? err
function registry.find(filter) end

---@param id string
---@return {ns: string, name: string}
function registry.parse_id(id) end

---@return registry.Snapshot
function registry.snapshot() end

---@param number integer
---@return registry.Snapshot?
---@return Error? err
function registry.snapshot_at(number) end

---@return registry.Version
function registry.current_version() end

---@return registry.Version[]
function registry.versions() end

---@return registry.History
function registry.history() end

---@param version registry.Version|integer
---@return boolean? ok
---@return Error? err
function registry.apply_version(version) end

---@param from registry.Snapshot|registry.Version|table[]
---@param to registry.Snapshot|registry.Version|table[]
---@return {kind: string, entry: Entry}[]?
---@return Error? err
function registry.build_delta(from, to) end

return registry
