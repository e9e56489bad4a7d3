---@meta pg
-- Process groups: processes join by name, others list them, send to all of them, watch who comes and goes.

---@class GroupEvent
---@field system string always `pg`
---@field kind string `member.joined` or `member.left`
---@field path string the group
---@field data {Group: string, PIDs: string[]}

---@class GroupSubscription
local GroupSubscription = {}

---@return Channel of GroupEvent
function GroupSubscription:channel() end

---@param options? {flush?: boolean} flush: discard what was not read yet
---@return boolean
function GroupSubscription:close(options) end

---@class GroupScope
local GroupScope = {}

---@param groups string|string[] joining again counts: leave as often
---@return boolean? joined
---@return Error? err
function GroupScope:join(groups) end

---@param groups string|string[]
---@return boolean? left
---@return Error? err
function GroupScope:leave(groups) end

---@param group string
---@return string[]? pids repeated per join
---@return Error? err
function GroupScope:get_members(group) end

---@param group string
---@return string[]? pids repeated per join
---@return Error? err
function GroupScope:get_local_members(group) end

---@return string[]? groups
---@return Error? err
function GroupScope:which_groups() end

---@return string[]? groups
---@return Error? err
function GroupScope:which_local_groups() end

---@param group string
---@param topic string
---@param ... any copied for each member
---@return boolean? sent
---@return Error? err
function GroupScope:broadcast(group, topic, ...) end

---@param group string
---@param topic string
---@param ... any copied for each member
---@return boolean? sent
---@return Error? err
function GroupScope:broadcast_local(group, topic, ...) end

---@param group string
---@return GroupSubscription? subscription
---@return string[]? members at the moment it begins
---@return Error? err
function GroupScope:monitor(group) end

---@return GroupSubscription? subscription
---@return table<string, string[]>? members by group, at the moment it begins
---@return Error? err
function GroupScope:events() end

---@return boolean
function GroupScope:release() end

---@class pg
local pg = {}

---@param scope_id string entry of kind `pg.scope`
---@return GroupScope?
---@return Error? err
function pg.open(scope_id) end

return pg
