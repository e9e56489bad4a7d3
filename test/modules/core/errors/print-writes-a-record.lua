-- errors-and-payloads.md Checks 13: looked at by the test beside this file.
print("a", 1, {})
print()
print(setmetatable({}, {__tostring = function() return "mine" end}), nil, true, errors.new("e"))
