local io = require("io")

local function run()
    local events = process.events()
    local life = 1
    local pid = process.spawn_monitored("app:child", "app:processes", life)
    while true do
        local event = events:receive()
        if event.kind == process.event.EXIT and event.from == pid then
            if not event.result.error then
                io.print(event.result.value)
                return
            end
            io.print("restarting after:", event.result.error:message())
            life = life + 1
            pid = process.spawn_monitored("app:child", "app:processes", life)
        end
    end
end

return { run = run }
