local function main()
    process.registry.register("mirror")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        local msg = got.value
        if msg:topic() == "ws.message" then
            local data = msg:payload():data()
            process.send(msg:from(), "ws.send", { type = data.type, data = data.data })
        end
    end
end

return { main = main }
