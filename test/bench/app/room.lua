-- Every message of a client goes to all clients.
local function main()
    process.registry.register("room")
    local inbox = process.inbox()
    local clients = {}
    while true do
        local msg, ok = inbox:receive()
        if not ok then break end
        local topic = msg:topic()
        local data = msg:payload():data()
        if topic == "ws.message" then
            local text = data.data
            for pid in pairs(clients) do
                process.send(pid, "ws.send", { type = "text", data = text })
            end
        elseif topic == "ws.join" then
            clients[data.client_pid] = true
        elseif topic == "ws.leave" then
            clients[data.client_pid] = nil
        end
    end
end

return { main = main }
