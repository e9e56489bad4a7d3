-- Is restarted when its code changes, and fails when told to.
local VERSION = 1

local function main()
    process.registry.register("plain")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        local msg = got.value
        if msg:topic() == "crash" then error("told to crash") end
        if msg:topic() == "ws.message" then
            process.send(msg:from(), "ws.send", msg:payload():data().data .. " " .. VERSION)
        end
    end
end

return { main = main }
