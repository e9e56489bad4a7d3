local http = require("http")
local json = require("json")

local function handler()
    local req, res = http.request(), http.response()
    res:set_header("X-WS-Relay", json.encode({ target_pid = req:param("target"), metadata = { name = req:query("name") } }))
end

return { handler = handler }
