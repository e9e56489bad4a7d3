---@meta system
-- The hub seen from within. Moments are nanoseconds since the Unix epoch, as `time.unix(0, ns)` takes them.

---@class ModuleInfo
---@field name string
---@field description string empty for a module of somebody else
---@field class string[]

---@class HostInfo
---@field id string
---@field workers integer always 1: one thread runs all Lua
---@field processes integer that live there
---@field executed integer times one of them ran
---@field stolen integer always 0
---@field queue_depth integer processes that will run

---@class ProcessInfo
---@field pid string
---@field host string
---@field source string entry
---@field state string `starting`, `ready`, `running`, `waiting`
---@field steps integer times it ran
---@field started_at integer
---@field parent string empty: the host started it
---@field actor_id string empty: no actor
---@field stats table messages and events that wait, links, monitors, names

---@class ServiceInfo
---@field id string
---@field status string `unknown`, `starting`, `running`, `stopping`, `stopped`, `failed`, `exited`
---@field desired string `running` or `stopped`
---@field retry_count integer failures in a row
---@field last_update integer when the status began
---@field started_at integer 0 while it does not run
---@field details string why it failed

---@class ClusterMember
---@field id string
---@field is_local boolean
---@field addr? string
---@field meta? table

---@class system
local system = {
  memory = {}, gc = {}, runtime = {}, process = {}, hosts = {}, supervisor = {}, node = {}, cluster = {}, raft = {}, lock = {},
}

---Stops the hub gracefully; `moonhub run` ends with the code. The first code counts.
---@param code? integer 0-255, default 0
---@return boolean?
---@return Error? err
function system.exit(code) end

---@return ModuleInfo[]?
---@return Error? err
function system.modules() end

---Bytes; what V8 does not tell is 0.
---@return table<string, integer>?
---@return Error? err
function system.memory.stats() end

---@return integer?
---@return Error? err
function system.memory.allocated() end

---0: V8 does not count them.
---@return integer?
---@return Error? err
function system.memory.heap_objects() end

---Remembered only: Node.js fixes its limit when it starts. Gives the previous one.
---@param bytes integer
---@return integer?
---@return Error? err
function system.memory.set_limit(bytes) end

---@return integer?
---@return Error? err
function system.memory.get_limit() end

---Does nothing unless Node.js runs with --expose-gc.
---@return boolean?
---@return Error? err
function system.gc.collect() end

---Remembered only. Gives the previous one.
---@param percent integer
---@return integer?
---@return Error? err
function system.gc.set_percent(percent) end

---@return integer?
---@return Error? err
function system.gc.get_percent() end

---Processes and function calls that live.
---@return integer?
---@return Error? err
function system.runtime.goroutines() end

---Always 1: one thread runs all Lua.
---@param n? integer
---@return integer?
---@return Error? err
function system.runtime.max_procs(n) end

---@return integer?
---@return Error? err
function system.runtime.cpu_count() end

---Of the operating system.
---@return integer?
---@return Error? err
function system.process.pid() end

---@return string?
---@return Error? err
function system.process.hostname() end

---Working directory of the hub.
---@return string?
---@return Error? err
function system.process.cwd() end

---@return HostInfo[]?
---@return Error? err
function system.hosts.list() end

---@param host_id string
---@return ProcessInfo[]?
---@return Error? err
function system.hosts.processes(host_id) end

---@param service_id string
---@return ServiceInfo?
---@return Error? err
function system.supervisor.state(service_id) end

---@return ServiceInfo[]?
---@return Error? err
function system.supervisor.states() end

---`relay.node_name`; `local` without one.
---@return string?
---@return Error? err
function system.node.id() end

---UNAVAILABLE: not a member of a cluster.
---@return string?
---@return Error? err
function system.node.addr() end

---@return string?
---@return Error? err
function system.node.role() end

---@return ClusterMember[]?
---@return Error? err
function system.cluster.members() end

---@return string?
---@return Error? err
function system.cluster.leader() end

---@return integer?
---@return Error? err
function system.cluster.size() end

---@return boolean?
---@return Error? err
function system.raft.is_leader() end

---@return boolean?
---@return Error? err
function system.raft.is_member() end

---@return string?
---@return Error? err
function system.raft.role() end

---@return integer?
---@return Error? err
function system.raft.term() end

---@return integer?
---@return Error? err
function system.raft.commit_index() end

---@return table?
---@return Error? err
function system.raft.stats() end

---Takes a lock of this hub, or false and ALREADY_EXISTS. It is freed when the caller ends.
---@param name string at most 256 characters
---@return boolean?
---@return Error? err
function system.lock.acquire(name) end

---False when the caller does not hold it.
---@param name string
---@return boolean?
---@return Error? err
function system.lock.release(name) end

return system
