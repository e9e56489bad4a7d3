-- Many messages in flight, in batches that the receiver confirms: throughput.
local function main(count)
    local inbox = process.inbox()
    local peer = process.spawn_linked("bench:sink", "bench:processes")
    local sent = 0
    while sent < tonumber(count) do
        for i = 1, 1000 do
            process.send(peer, "item", { n = i, text = "hello" })
        end
        sent = sent + 1000
        process.send(peer, "sync")
        inbox:receive()
    end
    return sent
end

return { main = main }
