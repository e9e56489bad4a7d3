local function run(a, b)
    if b == 0 then
        return nil, errors.new({ message = "division by zero", kind = errors.INVALID, details = { dividend = a } })
    end
    return a // b
end

return { run = run }
