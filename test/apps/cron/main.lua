local io = require("io")
local time = require("time")

-- Two jobs with periods of their own, run by one loop until each has had its turns.
local function run()
    local jobs = {
        { name = "fast", ticker = time.ticker("5ms"), runs = 0, wanted = 4 },
        { name = "slow", ticker = time.ticker("15ms"), runs = 0, wanted = 2 },
    }
    local open = #jobs
    while open > 0 do
        local cases = {}
        for i, job in ipairs(jobs) do cases[i] = job.ticker:channel():case_receive() end
        local got = channel.select(cases)
        for _, job in ipairs(jobs) do
            if got.channel == job.ticker:channel() and got.ok then
                job.runs = job.runs + 1
                if job.runs == job.wanted then
                    open = open - 1
                    io.print(job.name, job.runs)
                end
            end
        end
    end
    for _, job in ipairs(jobs) do job.ticker:stop() end
end

return { run = run }
