local io = require("io")

local function run(...)
    local names = { ... }
    if #names == 0 then names = { "moon" } end
    for _, name in ipairs(names) do
        io.print("hello, " .. name)
    end
    return #names
end

return { run = run }
