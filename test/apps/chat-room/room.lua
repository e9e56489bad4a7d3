local events = require("events")

-- One process per room. Members are monitored: one that ends has left.
local function run(name)
    process.registry.register("room." .. name)
    local inbox, exits = process.inbox(), process.events()
    local members = {}
    while true do
        local got = channel.select({ inbox:case_receive(), exits:case_receive() })
        if got.channel == exits then
            local event = got.value
            if event.kind == process.event.CANCEL then return end
            local gone = members[event.from]
            members[event.from] = nil
            events.send("chat", "member.left", name, { nickname = gone })
        else
            local from, data = got.value:from(), got.value:payload():data()
            if got.value:topic() == "join" then
                members[from] = data
                process.monitor(from)
                events.send("chat", "member.joined", name, { nickname = data })
            elseif got.value:topic() == "say" then
                for pid in pairs(members) do
                    process.send(pid, "said", { by = members[from], text = data })
                end
            end
        end
    end
end

return { run = run }
