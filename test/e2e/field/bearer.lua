-- A browser cannot set headers of a WebSocket, so its token comes as a second subprotocol.
local http = require("http")
local json = require("json")

local function handler()
    local req, res = http.request(), http.response()
    local scheme, token = (req:header("Sec-WebSocket-Protocol") or ""):match("^(%a+)%s*,%s*(%S+)$")
    if scheme ~= "bearer" or token ~= "let-me.in" then
        res:set_status(401)
        res:write("no")
        return
    end
    res:set_header("X-WS-Relay", json.encode({ target_pid = "mirror" }))
end

return { handler = handler }
