---@meta process
-- Processes: programs with an address. A WebSocket connection is one too.

---@class LifecycleEvent
---@field kind string one of `process.event`
---@field from string PID; `''` for the host
---@field at integer Unix seconds
---@field reason? string CANCEL
---@field result? {value: any, error: Error?} EXIT and LINK_DOWN
---@field sources? string[] OUTDATED: changed entries

---@class ProcessOptions
---@field trap_links? boolean LINK_DOWN is an event instead of the end
---@field upgradable? boolean OUTDATED is sent when the code changed

---Settings for a start. Every method returns a new Spawner.
---@class Spawner
local Spawner = {}

---@param values table<string, any>
---@return Spawner
function Spawner:with_context(values) end

---@param options table<string, any>
---@return Spawner
function Spawner:with_options(options) end

---The name the process owns before its first instruction; a holder gets the messages instead.
---@param name string
---@return Spawner
function Spawner:with_name(name) end

---@param topic string
---@param ... any
---@return Spawner
function Spawner:with_message(topic, ...) end

---@param actor Actor
---@return Spawner
function Spawner:with_actor(actor) end

---@param scope Scope
---@return Spawner
function Spawner:with_scope(scope) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function Spawner:spawn(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function Spawner:spawn_monitored(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function Spawner:spawn_linked(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function Spawner:spawn_linked_monitored(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return any value
---@return Error? err
function Spawner:exec(id, host, ...) end

---@class process
---@field event {CANCEL: string, EXIT: string, LINK_DOWN: string, OUTDATED: string}
process = {}

---PID of the running process or function call.
---@return string
function process.pid() end

---Entry ID of the running code.
---@return string
function process.id() end

---Puts a message into a mailbox. True means it is there, not that it was read.
---@param destination string PID or name
---@param topic string
---@param ... any payloads, copied
---@return boolean? sent
---@return Error? err
function process.send(destination, topic, ...) end

---Starts a process.
---@param id string entry ID
---@param host string process host
---@param ... any arguments of its main function
---@return string? pid
---@return Error? err
function process.spawn(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function process.spawn_monitored(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function process.spawn_linked(id, host, ...) end

---@param id string
---@param host string
---@param ... any
---@return string? pid
---@return Error? err
function process.spawn_linked_monitored(id, host, ...) end

---Starts a process and waits for its result.
---@param id string
---@param host string
---@param ... any
---@return any value
---@return Error? err
function process.exec(id, host, ...) end

---Asks a process to end: a CANCEL event, which it may ignore.
---@param destination string
---@param reason? string|number
---@return boolean? ok
---@return Error? err
function process.cancel(destination, reason) end

---Ends a process.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.terminate(destination) end

---One EXIT event will come when the process ends.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.monitor(destination) end

---@param destination string
---@return boolean? ok
---@return Error? err
function process.unmonitor(destination) end

---Binds two lives: an abnormal end of one ends the other.
---@param destination string
---@return boolean? ok
---@return Error? err
function process.link(destination) end

---@param destination string
---@return boolean? ok
---@return Error? err
function process.unlink(destination) end

---Channel of messages whose topic has no listener; values are Message objects.
---@return Channel
function process.inbox() end

---Channel of lifecycle events.
---@return Channel
function process.events() end

---Channel of the messages of one topic: plain values, or Message objects with `{message = true}`.
---@param topic string
---@param options? {message?: boolean}
---@return Channel?
---@return Error? err
function process.listen(topic, options) end

---@param channel Channel
---@return boolean ok
---@return Error? err
function process.unlisten(channel) end

---@return {trap_links: boolean, upgradable: boolean}
function process.get_options() end

---@param options ProcessOptions
---@return boolean ok
---@return Error? err
function process.set_options(options) end

---@param values table<string, any>
---@return Spawner
function process.with_context(values) end

---@param options table<string, any>
---@return Spawner
function process.with_options(options) end

---Replaces the code of this process; PID, names, links and unread messages stay. Does not return.
---@param id? string default: the same entry, as it is now
---@param ... any arguments of the new main function
function process.upgrade(id, ...) end

---@class process.registry
---@field LOCAL integer
---@field EVENTUAL integer
---@field CONSISTENT integer
---@field STRONG integer
process.registry = {}

---@param name string
---@param pid? string default: the caller
---@param scope? integer
---@return boolean? ok
---@return Error? err
function process.registry.register(name, pid, scope) end

---@param name string
---@return string? pid
---@return Error? err
function process.registry.lookup(name) end

---@param name string
---@param scope? integer
---@return boolean
function process.registry.unregister(name, scope) end

return process
