-- Says to all what one says.
local function main()
    process.registry.register("room")
    local inbox, events, clients = process.inbox(), process.events(), {}
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then
            if got.value.kind == process.event.CANCEL then return end
        else
            local msg = got.value
            if msg:topic() == "ws.join" then clients[msg:from()] = true end
            if msg:topic() == "ws.leave" then clients[msg:from()] = nil end
            if msg:topic() == "ws.message" then
                local said = msg:payload():data().data
                for pid in pairs(clients) do process.send(pid, "ws.send", said) end
            end
        end
    end
end

return { main = main }
