local http = require("http")
local json = require("json")
local yaml = require("yaml")
local time = require("time")

local actions = {}

function actions.hello(req, res) res:write("hello") end

function actions.query(req, res)
    local count = 0
    for _ in pairs(req:query_params()) do count = count + 1 end
    res:write(tostring(count))
end

function actions.body(req, res)
    local body, err = req:body()
    res:write(body and tostring(#body) or err:message())
end

function actions.json(req, res)
    local value, err = json.decode(req:body())
    res:write(err and "refused" or type(value))
end

function actions.yaml(req, res)
    local value, err = yaml.decode(req:body())
    res:write(err and "refused" or type(value))
end

function actions.form(req, res)
    local form, err = req:parse_multipart()
    if err then res:write("refused") return end
    local count = 0
    for _ in pairs(form.values) do count = count + 1 end
    for _ in pairs(form.files) do count = count + 1 end
    res:write(tostring(count))
end

-- Waits, so that a client can lose patience.
function actions.nap(req, res)
    time.sleep("200ms")
    res:write("slept")
end

-- One answer of 4 MB.
function actions.big(req, res) res:write(string.rep("b", 4 * 1024 * 1024)) end

-- As much as the client takes.
function actions.stream(req, res)
    res:set_transfer(http.TRANSFER.CHUNKED)
    local part = string.rep("s", 65536)
    for _ = 1, 1000 do
        if res:write(part) then return end
        if res:flush() then return end
    end
end

-- The same as events.
function actions.events(req, res)
    res:set_transfer(http.TRANSFER.SSE)
    local part = string.rep("e", 65536)
    for _ = 1, 1000 do
        if res:write_event({ name = "part", data = part }) then return end
    end
end

function actions.burn(req, res)
    local pid, err = process.spawn("attack:burner", "attack:processes", req:query("how"))
    res:write(pid and "burning" or err:message())
end

local function relay(header, target)
    return function(req, res)
        local pid = target
        if target == "echo" or target == "fountain" then
            local spawned, err = process.spawn("attack:" .. target, "attack:processes", req:query("bytes"))
            if err then res:set_status(503) return end
            pid = spawned
        end
        res:set_header(header, json.encode({ target_pid = pid }))
    end
end

actions.echo = relay("X-WS-Relay", "echo")
actions.fountain = relay("X-WS-Relay", "fountain")
actions.room = relay("X-WS-Relay", "room")
actions.slow = relay("X-WS-Relay", "slow")
actions.keeper = relay("X-WS-Relay", "keeper")
actions.sse = relay("X-SSE-Relay", "fountain")

local function handler()
    local req, res = http.request(), http.response()
    local action = actions[req:param("action")]
    if action then action(req, res) else res:set_status(404) end
end

return { handler = handler }
