-- One message in flight: the latency of send, wake and receive.
local function main(count)
    local inbox = process.inbox()
    local peer = process.spawn_linked("bench:pong", "bench:processes")
    for i = 1, tonumber(count) do
        process.send(peer, "ping", i)
        inbox:receive()
    end
    return tonumber(count) * 2
end

return { main = main }
