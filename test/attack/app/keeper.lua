-- Gives every client a name, watches it, and groups it: what has to be taken back when it goes.
local function main()
    process.registry.register("keeper")
    local inbox, events, count = process.inbox(), process.events(), 0
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then
            if got.value.kind == process.event.CANCEL then return end
        elseif got.value:topic() == "ws.join" then
            local client = got.value:from()
            count = count + 1
            process.monitor(client)
            process.registry.register("client " .. count, client)
        end
    end
end

return { main = main }
