local http = require("http")
local json = require("json")

local actions = {}

-- Adds a field to whatever came and sends it back.
function actions.extend(req, res)
    local value = req:body_json()
    value.added = { list = {} }
    res:write_json(value)
end

function actions.repeated(req, res)
    res:write(json.encode(json.decode(req:body())))
end

-- Encodes an array with one far index.
function actions.far(req, res)
    local text, err = json.encode({ [1] = true, [tonumber(req:body())] = true })
    res:write_json({ length = text and #text, refusal = err and err:message() })
end

local function handler()
    local req, res = http.request(), http.response()
    actions[req:param("action")](req, res)
end

return { handler = handler }
