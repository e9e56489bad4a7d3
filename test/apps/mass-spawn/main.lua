local io = require("io")

local COUNT = 10000

local function run()
    local events = process.events()
    local waiting = {}
    for n = 1, COUNT do
        waiting[process.spawn_monitored("app:one", "app:processes", n)] = n
    end
    local sum = 0
    for _ = 1, COUNT do
        local event = events:receive()
        assert(event.result.value == waiting[event.from] * 2)
        waiting[event.from] = nil
        sum = sum + event.result.value
    end
    io.print("collected", sum, next(waiting))
end

return { run = run }
