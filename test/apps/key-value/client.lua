local io = require("io")
local time = require("time")

local function run()
    while not process.registry.lookup("store") do time.sleep("5ms") end
    local replies = process.listen("reply")
    local id = 0
    local function ask(command, request)
        id = id + 1
        request = request or {}
        request.id = id
        assert(process.send("store", command, request))
        local reply = replies:receive()
        assert(reply.id == id)
        return reply.value
    end

    ask("set", { key = "moon", value = { craters = 9137 } })
    ask("set", { key = "earth", value = { moons = 1 } })
    io.print(ask("get", { key = "moon" }).craters)
    io.print(table.concat(ask("keys"), " "))
    io.print(tostring(ask("get", { key = "sun" })))
end

return { run = run }
