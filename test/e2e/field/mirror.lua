-- Does what a message says, and keeps what it heard of every client by the name the client gave itself.
local json = require("json")

local heard = {}

local commands = {}

function commands.measure(client, data) process.send(client, "ws.send", data.type .. " " .. #data.data) end

function commands.close(client, data, argument) process.send(client, "ws.close", json.decode(argument)) end

function commands.heard(client, data, argument) process.send(client, "heard", heard[argument] or {}) end

local function main()
    process.registry.register("mirror")
    local inbox, events = process.inbox(), process.events()
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        local msg = got.value
        local topic, data = msg:topic(), msg:payload():data()
        local name = data.metadata.name
        if name then
            heard[name] = heard[name] or {}
            table.insert(heard[name], topic == "ws.message" and data.data or topic .. (data.code and " " .. data.code or ""))
        end
        if topic == "ws.message" then
            local command, argument = data.data:match("^(%l+) (.*)$")
            if data.type == "binary" then
                process.send(msg:from(), "ws.send", { type = "binary", data = data.data:reverse() })
                process.send(msg:from(), "wrapped", data.data)
            elseif commands[command] then
                commands[command](msg:from(), data, argument)
            else
                commands.measure(msg:from(), data)
            end
        end
    end
end

return { main = main }
