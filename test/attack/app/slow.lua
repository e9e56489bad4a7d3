-- Takes twenty messages a second, whoever sends them.
local time = require("time")

local function main()
    process.registry.register("slow")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        if got.value:topic() == "ws.message" then time.sleep("50ms") end
    end
end

return { main = main }
