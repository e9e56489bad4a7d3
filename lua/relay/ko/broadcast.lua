local clients = {}

-- join 시
clients[client_pid] = true

-- leave 시
clients[client_pid] = nil

-- 브로드캐스트
local function broadcast(message)
    local data = json.encode(message)
    for pid, _ in pairs(clients) do
        process.send(pid, "ws.send", {type = "text", data = data})
    end
end
