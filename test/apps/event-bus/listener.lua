local events = require("events")

-- Reports every event of one kind to the process that started it.
local function run(owner, kind)
    local subscription = events.subscribe("orders", kind)
    process.send(owner, "ready", kind)
    local channel = subscription:channel()
    while true do
        local event = channel:receive()
        process.send(owner, "saw", { by = kind, kind = event.kind, path = event.path, total = event.data.total })
        if event.kind == "order.closed" then return end
    end
end

return { run = run }
