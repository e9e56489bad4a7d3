local http = require("http")
local json = require("json")

local function handler()
    http.response():set_header("X-WS-Relay", json.encode({ target_pid = "mirror" }))
end

return { handler = handler }
