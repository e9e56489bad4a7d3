local io = require("io")
local events = require("events")

local function run()
    local news = events.subscribe("chat", "member.*"):channel()
    local room = process.spawn("app:room", "app:processes", "lobby")
    local heard = process.listen("heard")
    local members = {}
    for i, nickname in ipairs({ "ann", "ben" }) do
        members[i] = process.spawn("app:member", "app:processes", process.pid(), nickname, "hi from " .. nickname, 2)
        io.print("joined", news:receive().data.nickname)
    end
    for _, pid in ipairs(members) do process.send(pid, "go") end
    local reports = { heard:receive(), (heard:receive()) }
    table.sort(reports)
    io.print(table.concat(reports, "\n"))
    local left = { news:receive().data.nickname, news:receive().data.nickname }
    table.sort(left)
    io.print("left", table.concat(left, " "))
    process.cancel(room)
end

return { run = run }
