local function run(what)
    return "looked after the " .. what
end

return { run = run }
