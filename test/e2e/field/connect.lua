local http = require("http")
local json = require("json")
local time = require("time")

local function handler()
    local req, res = http.request(), http.response()
    if req:query("wait") then time.sleep(req:query("wait")) end
    res:set_header("Set-Cookie", { "session=abc; HttpOnly; Path=/", "node=n1; Path=/" })
    res:set_header("X-WS-Relay", json.encode({ target_pid = req:param("target"), metadata = req:query_params() }))
end

return { handler = handler }
