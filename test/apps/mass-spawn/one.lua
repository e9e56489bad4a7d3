local function run(n)
    return n * 2
end

return { run = run }
