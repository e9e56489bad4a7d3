local function main()
    local inbox = process.inbox()
    while true do
        local msg, ok = inbox:receive()
        if not ok then break end
        if msg:topic() == "ws.message" then
            local data = msg:payload():data()
            process.send(data.client_pid, "ws.send", { type = data.type, data = data.data })
        end
    end
end

return { main = main }
