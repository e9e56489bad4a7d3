-- process.md § 12.1-12.2.
local o = process.get_options()
assert(o.trap_links == false and o.upgradable == false)
local ok, err = process.set_options{trap_links = true, upgradable = true}
assert(ok == true and err == nil)
assert(process.get_options().trap_links and process.get_options().upgradable)
ok, err = process.set_options{trap_links = false, nonsense = true}
assert(ok == false and err:kind() == "Invalid")
assert(process.get_options().trap_links == true, "nothing of a bad table is applied")
ok, err = process.set_options{trap_links = 1}
assert(ok == false and err:kind() == "Invalid")
ok, err = process.set_options("x")
assert(ok == false and err:kind() == "Invalid")
assert(process.set_options{[1] = "ignored"} == true)
o.trap_links = "mine"
assert(process.get_options().trap_links == true, "a fresh table each time")
