-- Takes new code over in place and keeps what it knows. Everything that must happen once is counted here.
local logger = require("logger")
local VERSION = 1

local function fault(state, text) state.faults[#state.faults + 1] = text end

local handlers = {}

handlers["ws.join"] = function(state, client, data)
    if state.clients[client] then fault(state, "a second join of " .. data.metadata.name) end
    state.clients[client] = { name = data.metadata.name, last = 0 }
    state.joins = state.joins + 1
    process.monitor(client)
end

handlers["ws.message"] = function(state, client, data)
    local known, number = state.clients[client], tonumber(data.data)
    if not known or known.left then return fault(state, "message " .. data.data .. " of nobody who is here") end
    if number ~= known.last + 1 then
        fault(state, known.name .. " sent " .. number .. " after " .. known.last)
    end
    known.last = number
    process.send(client, "ws.send", number .. " " .. VERSION)
end

handlers["ws.leave"] = function(state, client)
    local known = state.clients[client]
    if not known or known.left then return fault(state, "a leave of nobody who is here") end
    known.left = true
    state.leaves = state.leaves + 1
    if known.exited then state.clients[client] = nil end
end

handlers.audit = function(state, asker)
    local here = 0
    for _ in pairs(state.clients) do here = here + 1 end
    process.send(asker, "answer", {
        version = VERSION, here = here, joins = state.joins, leaves = state.leaves, exits = state.exits, faults = state.faults,
    })
end

-- Ends one of its clients.
handlers.kick = function(state, _, name)
    for pid, known in pairs(state.clients) do
        if known.name == name and not known.exited then process.terminate(pid) end
    end
end

local function exited(state, client)
    local known = state.clients[client]
    if not known or known.exited then return fault(state, "an EXIT of nobody who is here") end
    known.exited = true
    state.exits = state.exits + 1
    if known.left then state.clients[client] = nil end
end

local function handle(state, msg)
    local payload = msg:payload()
    handlers[msg:topic()](state, msg:from(), payload and payload:data())
end

local function main(state)
    process.registry.register("follower")
    process.set_options({ upgradable = true })
    state = state or { clients = {}, joins = 0, leaves = 0, exits = 0, faults = {} }
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == inbox then
            handle(state, got.value)
        elseif got.value.kind == process.event.EXIT then
            exited(state, got.value.from)
        elseif got.value.kind == process.event.OUTDATED then
            return process.upgrade(nil, state)
        else
            -- Whoever is still here has been told; what they left must be in the inbox by now.
            repeat
                local rest = channel.select({ inbox:case_receive() }, true)
                if not rest.default then handle(state, rest.value) end
            until rest.default
            logger:info("follower stopped", { joins = state.joins, leaves = state.leaves, faults = state.faults })
            return
        end
    end
end

return { main = main }
