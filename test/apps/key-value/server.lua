local function run()
    process.registry.register("store")
    local inbox, events = process.inbox(), process.events()
    local values = {}
    local commands = {
        set = function(request) values[request.key] = request.value return true end,
        get = function(request) return values[request.key] end,
        keys = function()
            local keys = {}
            for key in pairs(values) do keys[#keys + 1] = key end
            table.sort(keys)
            return keys
        end,
    }
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then return end
        local message = got.value
        local command = commands[message:topic()]
        local request = message:payload() and message:payload():data() or {}
        if command then
            process.send(message:from(), "reply", { id = request.id, value = command(request) })
        end
    end
end

return { run = run }
