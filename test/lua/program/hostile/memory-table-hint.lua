-- @expect ok
assert(#table.create(1e9, 1e9) == 0)
