local time = require("time")

local function main()
    process.registry.register("answerer")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        local msg = got.value
        local question = msg:payload():data()
        coroutine.spawn(function()
            time.sleep(question.delay)
            process.send(msg:from(), question.topic, question.number)
        end)
    end
end

return { main = main }
