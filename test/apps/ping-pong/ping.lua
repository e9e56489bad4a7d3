local logger = require("logger")
local time = require("time")

-- The server may not have registered yet: it is asked again until it has.
local function find(name)
    while true do
        local pid = process.registry.lookup(name)
        if pid then return pid end
        time.sleep("5ms")
    end
end

local function run()
    local pong = find("pong")
    local answers = process.listen("pong")
    local n = 0
    for _ = 1, 3 do
        process.send(pong, "ping", n)
        n = answers:receive() + 1
    end
    logger:info("rally over", { count = n })
    process.events():receive()
end

return { run = run }
