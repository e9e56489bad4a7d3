local function main()
    local inbox = process.inbox()
    while true do
        local msg = inbox:receive()
        if msg:topic() == "sync" then process.send(msg:from(), "synced") end
    end
end

return { main = main }
