-- vm.md S3: coroutines are limited, the error can be caught.
local gate, n = channel.new(), 0
local ok, err
repeat
  ok, err = pcall(coroutine.spawn, function() gate:receive() end)
  n = n + 1
until not ok
assert(n == 10000 and err:match("too many coroutines"), n .. tostring(err))
