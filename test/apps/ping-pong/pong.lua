local function run()
    process.registry.register("pong")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        process.send(got.value:from(), "pong", got.value:payload():data() + 1)
    end
end

return { run = run }
