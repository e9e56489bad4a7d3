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

-- Both say whether there was one: it may be on its way up.
function actions.crash() return process.send("plain", "crash") == true end

function actions.kill()
    local pid = process.registry.lookup("plain")
    return pid ~= nil and process.terminate(pid) == true
end

local function handler(action, argument) return actions[action](argument) end

return { handler = handler }
