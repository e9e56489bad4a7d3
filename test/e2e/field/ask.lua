-- Requests and replies by hand: a topic per request, a time-out, and nobody else's late reply.
local http = require("http")
local time = require("time")

local asked = 0

local function ask(delay, patience)
    asked = asked + 1
    local topic = "reply " .. asked
    local replies = process.listen(topic)
    process.send("answerer", "question", { delay = delay, topic = topic, number = asked })
    local got = channel.select({ replies:case_receive(), time.after(patience):case_receive() })
    process.unlisten(replies)
    return got.channel == replies and got.value or "time-out"
end

local function handler()
    -- The late first reply arrives while the second is waited for.
    http.response():write_json({ ask("60ms", "10ms"), ask("120ms", "20s"), ask("0ms", "20s") })
end

return { handler = handler }
