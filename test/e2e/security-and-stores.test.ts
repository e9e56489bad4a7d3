import { expect, it } from 'vitest';
import { bootHub } from '../support/boot-hub.ts';

it('an application issues a token over HTTP and lets its bearer in', async () => {
  const { url } = await bootHub({
    files: {
      '_index.yaml': `
version: "1.0"
namespace: app
entries:
  - name: gateway
    kind: http.service
    addr: 127.0.0.1:0
    lifecycle: { auto_start: true }
  - name: api
    kind: http.router
    meta: { server: gateway }
    prefix: /api
  - name: kv
    kind: store.memory
  - name: tokens
    kind: security.token_store
    store: app:kv
    token_key: secret
  - name: readers
    kind: security.policy
    policy: { actions: read, resources: "*", effect: allow }
    groups: [users]
  - name: login
    kind: function.lua
    source: file://login.lua
    method: handler
    modules: [http, security]
  - name: who
    kind: function.lua
    source: file://who.lua
    method: handler
    modules: [http, security, store]
  - name: login.endpoint
    kind: http.endpoint
    method: GET
    path: /login
    func: login
  - name: who.endpoint
    kind: http.endpoint
    method: GET
    path: /who
    func: who
`,
      'login.lua': `
local http, security = require("http"), require("security")
local function handler()
  local tokens = assert(security.token_store("app:tokens"))
  local token = assert(tokens:create(security.new_actor("ann"), security.named_scope("app:users"), {expiration = "1h"}))
  http.response():write_json({token = token})
end
return {handler = handler}`,
      'who.lua': `
local http, security, store = require("http"), require("security"), require("store")
local function handler()
  local token = http.request():query("token") or ""
  local actor, scope, err = assert(security.token_store("app:tokens")):validate(token)
  if err then
    http.response():set_status(401)
    return http.response():write_json({kind = err:kind()})
  end
  local kv = store.get("app:kv")
  kv:set("visits", (kv:get("visits") or 0) + 1)
  http.response():write_json({
    id = actor:id(), visits = kv:get("visits"),
    read = scope:evaluate(actor, "read", "doc"), write = scope:evaluate(actor, "write", "doc"),
  })
end
return {handler = handler}`,
    },
  });
  const { token } = (await (await fetch(`${url}/api/login`)).json()) as { token: string };
  for (const visits of [1, 2]) {
    const answer = await fetch(`${url}/api/who?token=${encodeURIComponent(token)}`);
    expect(await answer.json()).toEqual({ id: 'ann', visits, read: 'allow', write: 'undefined' });
  }
  const refused = await fetch(`${url}/api/who?token=${encodeURIComponent(token)}x`);
  expect([refused.status, await refused.json()]).toEqual([401, { kind: 'Internal' }]);
});
