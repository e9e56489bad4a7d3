-- Sends its client as much as it can, whether it reads or not, until the client has left.
local time = require("time")

local function main(bytes)
    local part = string.rep("f", tonumber(bytes) or 65536)
    local inbox, events, ticks = process.inbox(), process.events(), time.ticker("5ms")
    local client, out
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive(), ticks:channel():case_receive() })
        if got.channel == events then break end
        if got.channel == inbox then
            local topic = got.value:topic()
            if topic == "ws.leave" or topic == "sse.leave" then break end
            if topic == "ws.join" then client, out = got.value:from(), "ws.send" end
            if topic == "sse.join" then client, out = got.value:from(), "sse.message" end
        elseif client then
            process.send(client, out, part)
        end
    end
    ticks:stop()
end

return { main = main }
