-- A worker per request. The service outlives them and tells a client whose worker failed.
local function run()
    process.registry.register("echo")
    local inbox, events = process.inbox(), process.events()
    local clients = {}
    while true do
        local got = channel.select({ events:case_receive(), inbox:case_receive() })
        if got.channel == events then
            local event = got.value
            if event.kind == process.event.CANCEL then return end
            if event.result.error then
                process.send(clients[event.from], "failed", tostring(event.result.error))
            end
            clients[event.from] = nil
        else
            local client = got.value:from()
            local pid = process.spawn_monitored("app:worker", "app:processes", client, got.value:payload():data())
            clients[pid] = client
        end
    end
end

return { run = run }
