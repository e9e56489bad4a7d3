-- Who is here: a user with two tabs is one user, and gone with the last of them.
local function main()
    process.registry.register("presence")
    local inbox, events = process.inbox(), process.events()
    local user_of, tabs = {}, {}
    while true do
        local got = channel.select({ inbox:case_receive(), events:case_receive() })
        if got.channel == events then
            local event = got.value
            if event.kind == process.event.CANCEL then return end
            local user = user_of[event.from]
            user_of[event.from] = nil
            tabs[user] = tabs[user] > 1 and tabs[user] - 1 or nil
        else
            local msg = got.value
            if msg:topic() == "ws.join" then
                local user = msg:payload():data().metadata.name
                user_of[msg:from()] = user
                tabs[user] = (tabs[user] or 0) + 1
                process.monitor(msg:from())
            elseif msg:topic() == "ws.message" then
                local users = {}
                for user in pairs(tabs) do users[#users + 1] = user end
                table.sort(users)
                process.send(msg:from(), "here", users)
            end
        end
    end
end

return { main = main }
