local http = require("http")
local json = require("json")

local function handler()
    local pid = process.spawn("bench:echo", "bench:processes")
    http.response():set_header("X-WS-Relay", json.encode({ target_pid = pid }))
end

return { handler = handler }
