-- errors-and-payloads.md Checks 11, § 9.6-9.9.
-- @imports lib=test:lib, other=test:other, assert=test:other
assert(lib.encode({1}) == "[1]", "the library has its json")
assert(not pcall(require, "json") and json == nil, "the importer has not")
assert(require("lib") == lib and lib.other == other, "one value per unit")
assert(type(assert) == "function" and require("assert") == other, "an alias never hides a base global")
assert(lib.count == 1, "the library ran once")
assert(from_lib == "global", "user globals are shared")
shared = 5
assert(lib.read_shared() == 5)
lib.extra = true
assert(require("lib").extra == true, "library tables are ordinary tables")
assert(lib.main_json == nil)
-- @entry test:lib
-- @kind library.lua
-- @modules json
-- @imports dep=test:other
runs = (runs or 0) + 1
from_lib = "global"
local lib = {other = dep, count = runs}
function lib.encode(v) return json.encode(v) end
function lib.read_shared() return shared end
return lib
-- @entry test:other
-- @kind library.lua
return {name = "other"}
