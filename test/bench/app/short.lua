local function main() end

return { main = main }
