local io = require("io")
local time = require("time")

local function worker(id, jobs, results)
    while true do
        local job, ok = jobs:receive()
        if not ok then break end
        time.sleep(((id * 3) % 4) * time.MILLISECOND)
        results:send({ job = job, square = job * job })
    end
    results:send({ done = true })
end

local function run()
    local jobs, results = channel.new(), channel.new(4)
    for id = 1, 4 do
        coroutine.spawn(worker, id, jobs, results)
    end
    coroutine.spawn(function()
        for job = 1, 20 do jobs:send(job) end
        jobs:close()
    end)
    local sum, done = 0, 0
    while done < 4 do
        local result = results:receive()
        if result.done then done = done + 1 else sum = sum + result.square end
    end
    io.print("sum of squares", sum)
end

return { run = run }
