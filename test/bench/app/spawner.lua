-- Starts processes that end at once, at most 1000 of them alive, and waits for every EXIT.
local function main(count)
    local events = process.events()
    local started, ended = 0, 0
    count = tonumber(count)
    while ended < count do
        while started < count and started - ended < 1000 do
            process.spawn_monitored("bench:short", "bench:processes")
            started = started + 1
        end
        events:receive()
        ended = ended + 1
    end
    return ended
end

return { main = main }
