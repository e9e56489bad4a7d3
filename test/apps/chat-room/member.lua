-- Joins, says its lines, hears as many as it is told to, reports them and leaves.
local function run(owner, nickname, line, count)
    process.send("room.lobby", "join", nickname)
    local said, go = process.listen("said"), process.listen("go")
    go:receive()
    process.send("room.lobby", "say", line)
    local heard = {}
    for i = 1, count do
        local message = said:receive()
        heard[i] = message.by .. ": " .. message.text
    end
    table.sort(heard)
    process.send(owner, "heard", nickname .. " heard " .. table.concat(heard, ", "))
end

return { run = run }
