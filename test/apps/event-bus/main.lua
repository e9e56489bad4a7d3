local io = require("io")
local events = require("events")

local function run()
    local ready, saw = process.listen("ready"), process.listen("saw")
    for _, kind in ipairs({ "order.*", "order.(paid|closed)" }) do
        process.spawn("app:listener", "app:processes", process.pid(), kind)
        ready:receive()
    end
    for i, kind in ipairs({ "order.placed", "order.paid", "order.closed" }) do
        events.send("orders", kind, "order-7", { total = i * 10 })
    end
    local lines = {}
    for i = 1, 5 do
        local seen = saw:receive()
        lines[i] = seen.kind .. " " .. seen.total .. " by " .. seen.by
    end
    table.sort(lines)
    io.print(table.concat(lines, "\n"))
end

return { run = run }
