/**
 * Every call of the modules, and how its work may grow: a case that is run in two sizes, or the reason why it does not
 * grow with anything a program chooses. `cost.test.ts` holds this against the editor stubs, which name every call.
 */

/** A call whose work grows with `n`. */
export interface CostCase {
  /** Lua statements before it. They see `n`, and what `PRELUDE` makes. */
  readonly setup?: string;
  /** Lua statement that makes the call once; `i` counts the repetitions. */
  readonly call: string;
  /** The larger `n`; the smaller one is a sixteenth. Default 8,000. */
  readonly size?: number;
  /** Start it with `fields` and `rows` as its context. */
  readonly hasContext?: boolean;
}

/** Text of n bytes, a list of n numbers, a table of n fields, and n / 16 rows of their own tables. */
export const PRELUDE = `
  local text = string.rep("x", n)
  local list, fields, rows = {}, {}, {}
  for i = 1, n do list[i] = i fields["k" .. i] = i end
  for i = 1, n / 16 do rows[i] = { id = i, name = "n" .. i, tags = { "a", "b" } } end
  local me = process.pid()
`;

const SPAWNER = 'local s = process.with_context({}) for i = 1, n / 16 do s = s:with_message("t", { i }) end';
const CONTEXT = 'local s = process.with_context(fields)';
const CHILD = '"app:child", "app:host"';
const SUBSCRIBED = 'for i = 1, n / 16 do events.subscribe("s", "*") end';
const STORE = 'local s = assert(store.get("app:store")) for i = 1, n do s:set("k" .. i, i) end';
const FULL_STORE = 'local s = assert(store.get("app:full")) for i = 1, n do s:set("k" .. i, i) end';
const MEMBERS = 'local g = assert(pg.open("app:scope")) for i = 1, n / 16 do g:join("g") end';
const GROUP =
  'local g = assert(pg.open("app:scope")) for i = 1, n do g:join((i % 16 == 0) and "g" or "g" .. i) end';
const WATCHED = 'local g = assert(pg.open("app:scope")) for i = 1, n / 16 do assert(g:monitor("w")) end';
const SNAPSHOT = 'local s = registry.snapshot()';
const CHANGES =
  'local c = registry.snapshot():changes() for i = 1, n / 16 do c:create({ id = "x:e" .. i, kind = "registry.entry", data = { a = 1 } }) end';
const POLICIES =
  'local all = {} for i = 1, n / 16 do all[i] = assert(security.policy("app:p" .. i)) end local s = security.new_scope(all)';
const ACTOR = 'local a = security.new_actor("a", { role = "x" })';
const TOKENS = 'local t = assert(security.token_store("app:tokens"))';
const ERROR = 'local e = errors.new({ message = text, details = fields })';

/** By name of the call. */
export const GROWING: Readonly<Record<string, CostCase>> = {
  // core
  'process.send': { call: 'process.send(me, "t", list, rows)' },
  'process.spawn': { call: `process.spawn(${CHILD}, list, rows)` },
  'process.spawn_monitored': { call: `process.spawn_monitored(${CHILD}, list, rows)` },
  'process.spawn_linked': { call: `process.spawn_linked(${CHILD}, list, rows)` },
  'process.spawn_linked_monitored': { call: `process.spawn_linked_monitored(${CHILD}, list, rows)` },
  'process.with_context': { call: 'process.with_context(fields)' },
  'process.with_options': { call: 'process.with_options(fields)' },
  'process.set_options': { call: 'process.set_options(list)' },
  'process.cancel': { call: 'process.cancel(me, text)' },
  'process.listen': {
    setup: 'for i = 1, n do process.send(me, "other", i) end',
    call: 'process.unlisten(process.listen("t" .. i))',
  },
  'pubsub.subscribe': {
    setup: 'for i = 1, n do process.send(me, "other", i) end local c = channel.new(1)',
    call: 'subscribe("t" .. i, c)',
  },
  'Spawner:with_context': { setup: CONTEXT, call: 's:with_context({ a = 1 })' },
  'Spawner:with_options': {
    setup: 'local s = process.with_options(fields)',
    call: 's:with_options({ a = 1 })',
  },
  'Spawner:with_message': { setup: SPAWNER, call: 's:with_message("t", 1)' },
  'Spawner:spawn': { setup: SPAWNER, call: `s:spawn(${CHILD})` },
  'Spawner:spawn_monitored': { setup: SPAWNER, call: `s:spawn_monitored(${CHILD})` },
  'Spawner:spawn_linked': { setup: SPAWNER, call: `s:spawn_linked(${CHILD})` },
  'Spawner:spawn_linked_monitored': { setup: SPAWNER, call: `s:spawn_linked_monitored(${CHILD})` },
  'channel.new': { call: 'for j = 1, n / 16 do channel.new(1) end' },
  'channel.select': {
    setup: 'local cases = {} for i = 1, n do cases[i] = channel.new(0):case_receive() end',
    call: 'channel.select(cases, true)',
  },
  'pubsub.message.new': { call: 'pubsub.message.new(nil, me, "t", list, rows)' },
  'pubsub.send': {
    setup: 'local m = pubsub.message.new(nil, me, "t", list, rows)',
    call: 'pubsub.send(m)',
  },
  'errors.new': { call: 'errors.new({ message = text, details = fields })' },
  'errors.wrap': {
    setup: 'local e = errors.new("x") for i = 1, n / 16 do e = errors.wrap(e, "c") end',
    call: 'errors.wrap(e, "c")',
  },
  'Error:message': { setup: ERROR, call: 'e:message()' },
  'Error:details': { setup: ERROR, call: 'e:details()' },
  'Payload:transcode': {
    call: 'for _, f in pairs({ "json/plain", "application/msgpack", "yaml/plain", "text/plain" }) do payload.new(rows):transcode(f) end',
    size: 800,
  },
  'Payload:data': {
    setup:
      'local p = payload.new(rows):transcode("json/plain") local y = payload.new(rows):transcode("yaml/plain") local m = payload.new(rows):transcode("application/msgpack")',
    call: 'process.send(me, "t", p) process.send(me, "t", y) process.send(me, "t", m) for j = 1, 3 do process.inbox():receive():payload():data() end',
    size: 800,
  },
  'Message:payload': {
    setup:
      'local packed = {} for i = 1, n do packed[i] = i end process.send(me, "t", unpack(packed)) local m = process.inbox():receive()',
    call: 'm:payload()',
    size: 4000,
  },
  'coroutine.spawn': { call: 'coroutine.spawn(function() end, unpack(list))', size: 4000 },
  print: { call: 'print(text)' },
  // values that travel with a program
  'ctx.all': { call: 'ctx.all()', hasContext: true },
  'ctx.get': { call: 'ctx.get("rows")', hasContext: true },
  'funcs.async': { call: 'funcs.async("app:f", list, rows)' },
  'Executor:async': {
    setup: 'local e = funcs.new():with_context(fields)',
    call: 'e:async("app:f", list, rows)',
  },
  'Executor:with_context': {
    setup: 'local e = funcs.new():with_context(fields)',
    call: 'e:with_context({ a = 1 })',
  },
  'Executor:with_options': { call: 'funcs.new():with_options(fields)' },
  // text and bytes
  'json.encode': { call: 'json.encode(rows)' },
  'json.decode': { setup: 'local t = json.encode(rows)', call: 'json.decode(t)' },
  'json.validate': {
    setup: 'local schema = { type = "array", items = { enum = list } }',
    call: 'json.validate(schema, list)',
    size: 800,
  },
  'json.validate_string': {
    setup:
      'local t = json.encode(list) local schema = \'{"items":{"anyOf":[{"type":"string"},{"pattern":"a{9}"},{"minimum":0}]}}\'',
    call: 'json.validate_string(schema, t)',
  },
  'yaml.encode': { call: 'yaml.encode(rows)', size: 800 },
  'yaml.decode': { setup: 'local t = yaml.encode(rows)', call: 'yaml.decode(t)', size: 800 },
  'base64.encode': { call: 'base64.encode(text)' },
  'base64.decode': { setup: 'local t = base64.encode(text)', call: 'base64.decode(t)' },
  'hash.md5': { call: 'hash.md5(text)' },
  'hash.sha1': { call: 'hash.sha1(text)' },
  'hash.sha256': { call: 'hash.sha256(text)' },
  'hash.sha512': { call: 'hash.sha512(text)' },
  'hash.hmac_md5': { call: 'hash.hmac_md5(text, "k")' },
  'hash.hmac_sha1': { call: 'hash.hmac_sha1(text, "k")' },
  'hash.hmac_sha256': { call: 'hash.hmac_sha256(text, "k")' },
  'hash.hmac_sha512': { call: 'hash.hmac_sha512(text, "k")' },
  'hash.fnv32': { call: 'hash.fnv32(text)' },
  'hash.fnv64': { call: 'hash.fnv64(text)' },
  'uuid.v3': { setup: 'local u = uuid.v4()', call: 'uuid.v3(u, text)' },
  'uuid.v5': { setup: 'local u = uuid.v4()', call: 'uuid.v5(u, text)' },
  'uuid.validate': { call: 'uuid.validate(text)' },
  'crypto.random.bytes': { call: 'crypto.random.bytes(n)' },
  'crypto.random.string': { call: 'crypto.random.string(n)' },
  'crypto.hmac.sha256': { call: 'crypto.hmac.sha256("k", text)' },
  'crypto.hmac.sha512': { call: 'crypto.hmac.sha512("k", text)' },
  'crypto.encrypt.aes': { call: 'crypto.encrypt.aes(text, string.rep("k", 32))' },
  'crypto.encrypt.chacha20': { call: 'crypto.encrypt.chacha20(text, string.rep("k", 32))' },
  'crypto.decrypt.aes': {
    setup: 'local t = crypto.encrypt.aes(text, string.rep("k", 32))',
    call: 'crypto.decrypt.aes(t, string.rep("k", 32))',
  },
  'crypto.decrypt.chacha20': {
    setup: 'local t = crypto.encrypt.chacha20(text, string.rep("k", 32))',
    call: 'crypto.decrypt.chacha20(t, string.rep("k", 32))',
  },
  'crypto.constant_time_compare': { call: 'crypto.constant_time_compare(text, text)' },
  // time
  'time.parse': { setup: 'local l = string.rep("2006 ", n / 5)', call: 'time.parse(l, l)' },
  'time.parse_duration': { setup: 'local d = string.rep("1s", n / 2)', call: 'time.parse_duration(d)' },
  'time.date': {
    setup: 'local place = time.load_location("Europe/Berlin") local y = 0',
    call: 'for j = 1, n / 160 do y = y + 1 time.date(1000 + y + n, 1, 1, 0, 0, 0, 0, place):hour() end',
    size: 3200,
  },
  'time.fixed_zone': { call: 'time.fixed_zone(text, 1)' },
  'Time:format': { setup: 'local l = string.rep("2006 ", n / 5) local t = time.now()', call: 't:format(l)' },
  // logs
  'logger:info': { call: 'logger:info("m", fields)' },
  'logger:debug': { call: 'logger:debug("m", fields)' },
  'logger:warn': { call: 'logger:warn("m", fields)' },
  'logger:error': { call: 'logger:error("m", fields)' },
  'logger:with': { call: 'logger:with(fields)' },
  // events and groups
  'events.send': { setup: SUBSCRIBED, call: 'events.send("s", "k", "p", 1)' },
  'events.subscribe': { call: 'events.subscribe(text, text)' },
  'GroupScope:join': { setup: WATCHED, call: 'g:join("w")' },
  'GroupScope:leave': { setup: `${WATCHED} for j = 1, 40 do g:join("w") end`, call: 'g:leave("w")' },
  'GroupScope:get_members': { setup: MEMBERS, call: 'g:get_members("g")' },
  'GroupScope:get_local_members': { setup: MEMBERS, call: 'g:get_local_members("g")' },
  'GroupScope:broadcast': { setup: MEMBERS, call: 'g:broadcast("g", "t", 1)' },
  'GroupScope:broadcast_local': { setup: MEMBERS, call: 'g:broadcast_local("g", "t", 1)' },
  'GroupScope:monitor': { setup: MEMBERS, call: 'g:monitor("g")' },
  'GroupScope:events': { setup: GROUP, call: 'g:events()' },
  'GroupScope:which_groups': { setup: GROUP, call: 'g:which_groups()' },
  'GroupScope:which_local_groups': { setup: GROUP, call: 'g:which_local_groups()' },
  // registry
  'registry.find': { call: 'registry.find({ ["~kind"] = "^none$" })' },
  'registry.build_delta': { setup: SNAPSHOT, call: 'registry.build_delta({}, s)' },
  'Snapshot:entries': { setup: SNAPSHOT, call: 's:entries()' },
  'Snapshot:find': { setup: SNAPSHOT, call: 's:find({ kind = "none" })' },
  'Snapshot:namespace': { setup: SNAPSHOT, call: 's:namespace("none")' },
  'registry.get': { call: 'registry.get("app:big")' },
  'Snapshot:get': { setup: SNAPSHOT, call: 's:get("app:big")' },
  'Changes:create': { call: 'registry.snapshot():changes():create({ id = "a:b", kind = "k", data = rows })' },
  'Changes:update': { call: 'registry.snapshot():changes():update({ id = "a:b", kind = "k", data = rows })' },
  'Changes:ops': { setup: CHANGES, call: 'c:ops()' },
  // stores and security
  'Store:get': { setup: 'local s = store.get("app:store") s:set("rows", rows)', call: 's:get("rows")' },
  'Store:entry': { setup: 'local s = store.get("app:store") s:set("rows", rows)', call: 's:entry("rows")' },
  'Store:set': { setup: 'local s = store.get("app:store")', call: 's:set("rows", rows)' },
  'Store:put': { setup: FULL_STORE, call: 's:put("one more" .. i, 1)' },
  'Store:list': { setup: STORE, call: 's:list({ limit = 1 })' },
  'security.new_actor': { call: 'security.new_actor("a", fields)' },
  'security.new_scope': { setup: POLICIES, call: 'security.new_scope(all)' },
  'security.named_scope': { call: 'security.named_scope("g")' },
  'security.can': { call: 'security.can("a", "r", fields)' },
  'Actor:meta': { setup: 'local a = security.new_actor("a", fields)', call: 'a:meta()' },
  'Policy:evaluate': {
    setup: `${ACTOR} local p = assert(security.policy("app:p1"))`,
    call: 'p:evaluate(a, "x", "y", fields)',
  },
  'Scope:with': { setup: POLICIES, call: 's:with(security.policy("app:other"))' },
  'Scope:without': { setup: POLICIES, call: 's:without("app:none")' },
  'Scope:contains': { setup: POLICIES, call: 's:contains("app:none")' },
  'Scope:policies': { setup: POLICIES, call: 's:policies()' },
  'Scope:evaluate': { setup: `${POLICIES} ${ACTOR}`, call: 's:evaluate(a, "x", "y")' },
  'TokenStore:create': {
    setup: `${TOKENS} ${ACTOR} local s = security.new_scope()`,
    call: 't:create(a, s, { meta = fields })',
  },
  'TokenStore:validate': { setup: TOKENS, call: 't:validate(text)' },
  'TokenStore:revoke': { setup: TOKENS, call: 't:revoke(text)' },
  'env.get_all': { call: 'env.get_all()' },
  'env.set': { call: 'env.set("V", text)' },
  'io.write': { call: 'io.write(text)' },
  'io.print': { call: 'io.print(text)' },
  'io.eprint': { call: 'io.eprint(text)' },
};

/** The same for calls of a request and its response, made in a handler. `n` is at most what a request head can hold. */
export const GROWING_IN_HANDLERS: Readonly<Record<string, CostCase>> = {
  'Request:query': { call: 'req:query("none")', size: 1600 },
  'Request:query_params': { call: 'req:query_params()', size: 1600 },
  'Request:accepts': { call: 'req:accepts("none/none")' },
  'Response:write': { call: 'res:write(text)' },
  'Response:write_json': { call: 'res:write_json(rows)' },
  'Response:write_event': {
    setup: 'res:set_transfer("sse")',
    call: 'res:write_event({ name = "e", data = rows })',
  },
  'Response:set_header': { call: 'res:set_header("x-many", list)' },
};

/** Calls whose work does not grow with what a program chooses, by the reason; a pattern names them as the stubs do. */
export const BOUNDED: readonly { readonly calls: RegExp; readonly because: string }[] = [
  { calls: /^Time:(?!format$)|^(Duration|Location):/, because: 'calculates with numbers of fixed size' },
  {
    calls: /^time\.(now|unix|utc|localtz|load_location)$/,
    because: 'one moment, or a zone that is looked up once',
  },
  { calls: /^time\.(sleep|after|timer|ticker)$|^(Timer|Ticker):/, because: 'one timer of the clock' },
  {
    calls: /^Channel:|^(Subscription|GroupSubscription):|^GroupScope:release$|^pg\.open$/,
    because: 'one value or one object, as it is',
  },
  { calls: /^Future:/, because: 'gives what has come, as it is' },
  { calls: /^Error:(kind|retryable|stack)$|^errors\.(is|call_stack)$/, because: 'at most 32 frames' },
  {
    calls: /^payload\.new$|^Payload:get_format$|^Message:(topic|from|to)$/,
    because: 'takes or gives a value as it is',
  },
  {
    calls: /^Payload:unmarshal$|^(subscribe|unsubscribe)$|^pubsub\.unsubscribe$|^process\.unlisten$/,
    because: 'another name, or the other half, of a call that is measured',
  },
  {
    calls: /^process\.exec$|^Spawner:exec$|^funcs\.call$|^Executor:call$/,
    because: 'copies as spawn and async do, which are measured, and waits',
  },
  { calls: /^json\.(object|array)$/, because: 'one mark on a table' },
  { calls: /^process\.(pid|id|get_options|inbox|events)$/, because: 'one field or one object' },
  {
    calls: /^process\.(terminate|monitor|unmonitor|link|unlink)$/,
    because: 'one entry of a table; ending costs less than starting did',
  },
  {
    calls: /^process\.registry\./,
    because: 'one entry of a table, with a name of at most PROCESS_NAME_LENGTH_MAX',
  },
  { calls: /^process\.upgrade$/, because: 'nothing of the caller runs on' },
  {
    calls: /^Spawner:with_(name|actor|scope)$|^Executor:with_(actor|scope)$|^funcs\.new$/,
    because: 'one field of an immutable object',
  },
  {
    calls: /^(Version|History):|^registry\.(history|versions|current_version|snapshot|snapshot_at|parse_id)$/,
    because: 'at most REGISTRY_VERSIONS_MAX versions',
  },
  { calls: /^Snapshot:(version|changes)$|^Changes:delete$/, because: 'one object' },
  {
    calls: /^Changes:apply$|^registry\.apply_version$/,
    because: 'waits; what is in a change was paid for when it was collected',
  },
  {
    calls: /^(Actor|Policy):id$|^security\.(actor|scope|policy|token_store)$|^TokenStore:close$/,
    because: 'one object',
  },
  { calls: /^Store:(has|delete|info|release)$|^store\.get$|^env\.get$/, because: 'one entry of a table' },
  {
    calls: /^uuid\.(v1|v4|v7|version|variant|parse|format)$|^crypto\.random\.uuid$/,
    because: 'a text of at most 45 characters',
  },
  { calls: /^crypto\.(pbkdf2|jwt\.encode|jwt\.verify)$/, because: 'on a thread of its own, and waits' },
  {
    calls: /^io\.(read|readline|flush|raw|args)$/,
    because: 'waits for the terminal, or gives what the command line said',
  },
  { calls: /^logger:named$/, because: 'one text' },
  {
    calls: /^system\.(exit|modules|runtime|process|node|cluster|raft|memory|gc|lock)/,
    because:
      'one value, one look at the heap, or one entry of a table with a name of at most LOCK_NAME_LENGTH_MAX',
  },
  {
    calls: /^system\.(hosts|supervisor)\./,
    because: 'by processes, hosts and services that live, each of which is paid for here',
  },
  { calls: /^table\./, because: 'of the machine, whose library has tests of its own' },
  {
    calls: /^http\.(request|response)$|^Response:(set_status|header|set_content_type|set_transfer|flush)$/,
    because: 'one field of a response',
  },
  {
    calls:
      /^Request:(method|path|header|content_type|content_length|host|remote_addr|param|params|has_body|is_content_type)$/,
    because: 'a part of a request head of at most REQUEST_HEAD_BYTES_MAX',
  },
  {
    calls: /^Request:(body|body_json|stream|parse_multipart)$|^(ByteStream|Scanner|FormFile):/,
    because: 'waits; what arrives is charged as it becomes text, a table or JSON',
  },
];
