-- What the simulation wants of processes from outside.
local time = require("time")

local actions = {}

function actions.audit()
    local answers = process.listen("answer")
    process.send("follower", "audit")
    local got = channel.select({ answers:case_receive(), time.after("10s"):case_receive() })
    assert(got.channel == answers, "the follower does not answer")
    return got.value
end

function actions.kick(name) process.send("follower", "kick", name) end

function actions.crash() process.send("plain", "crash") end

function actions.kill()
    local pid = process.registry.lookup("plain")
    if pid then process.terminate(pid) end
end

local function handler(action, argument) return actions[action](argument) end

return { handler = handler }
