local http = require("http")
local time = require("time")
local logger = require("logger")

-- Answers at once; the work goes on behind the response.
local function run()
    local res = http.response()
    local task = http.request():query("name") or "task"
    coroutine.spawn(function()
        for step = 1, 3 do
            time.sleep("10ms")
            logger:info("task step", { task = task, step = step })
        end
        logger:info("task done", { task = task })
    end)
    res:set_status(http.STATUS.ACCEPTED)
    res:write_json({ accepted = task })
end

return { run = run }
