local http = require("http")

local function run()
    local req, res = http.request(), http.response()
    local events = process.events()
    local n = tonumber((req:param("n")))
    if not n then
        res:set_status(http.STATUS.BAD_REQUEST)
        return res:write_json({ error = "n is not a number" })
    end
    local pid = process.spawn_monitored("app:worker", "app:processes", n)
    local event = events:receive()
    assert(event.from == pid)
    if event.result.error then
        res:set_status(http.STATUS.UNPROCESSABLE)
        return res:write_json({ error = event.result.error:message() })
    end
    res:write_json(event.result.value)
end

return { run = run }
