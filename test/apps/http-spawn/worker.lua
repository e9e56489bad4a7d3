local function run(n)
    if n < 0 then return nil, errors.new(errors.INVALID, "n must not be negative") end
    local sum = 0
    for i = 1, n do sum = sum + i end
    return { n = n, sum = sum }
end

return { run = run }
