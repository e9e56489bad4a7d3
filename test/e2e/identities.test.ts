/** Who code runs as, and policies with expressions, in a hub (`app-format.md` § 4.1, 5.2, 5.4; `modules.md` § 19). */
import { expect, it } from 'vitest';
import type { ChangeRequest } from '../../src/index.ts';
import { bootHub } from '../support/boot-hub.ts';

const APPLICATION = `
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
  - name: admin
    kind: security.policy
    policy: { actions: [read, write, "funcs.call", "process.*"], resources: "*", effect: allow }
    groups: [admin]
  - name: readers
    kind: security.policy.expr
    policy: { actions: read, resources: "*", effect: allow, expression: 'actor.meta.team == "blue"' }
    groups: [readers]
  - name: curfew
    kind: security.policy.expr
    policy: { actions: "*", resources: "secret/*", effect: deny, expression: 'not (actor.id in ["root"])' }
    groups: [readers, "app:admin"]
  - name: who
    kind: function.lua
    modules: [security]
    source: |
      local security = require("security")
      return function()
        local actor = security.actor()
        return { id = actor and actor:id() or "nobody", read = security.can("read", "x"),
          write = security.can("write", "x"), secret = security.can("read", "secret/x") }
      end
    method: main
  - name: report
    kind: function.lua
    modules: [security, funcs]
    source: |
      local funcs = require("funcs")
      return function() return funcs.call("app:who") end
    method: main
    security:
      actor: { id: reporter, meta: { team: blue } }
      policies: [readers, calls]
  - name: calls
    kind: security.policy
    policy: { actions: funcs.call, resources: "*", effect: allow }
  - name: report_as
    kind: function.lua
    modules: [security, funcs]
    source: |
      local security, funcs = require("security"), require("funcs")
      return function()
        local caller = funcs.new():with_actor(security.new_actor("boss")):with_scope(security.named_scope("app:admin"))
        return caller:call("app:report")
      end
    method: main
  - name: half
    kind: function.lua
    modules: [security, funcs]
    source: |
      return function() return require("funcs").call("app:who") end
    method: main
    security: { actor: { id: half } }
  - name: web
    kind: function.lua
    modules: [http, security]
    source: |
      local http, security = require("http"), require("security")
      return { handler = function() http.response():write_json({ id = security.actor():id(), 
        write = security.can("write", "x"), secret = security.can("read", "secret/x") }) end }
    method: handler
    security: { actor: { id: web }, groups: [admin] }
  - name: web.endpoint
    kind: http.endpoint
    meta: { router: api }
    method: GET
    path: /who
    func: web
  - name: worker
    kind: process.lua
    modules: [security, store]
    source: |
      local security = require("security")
      return { main = function()
        local inbox = process.inbox()
        process.registry.register("worker")
        while true do
          local message = inbox:receive()
          local actor = security.actor()
          process.send(message:from(), "answer", { id = actor and actor:id(), write = security.can("write", "x") })
        end
      end }
    method: main
    security: { actor: { id: worker }, groups: [admin] }
  - name: worker.service
    kind: process.service
    process: worker
    host: system:processes
    lifecycle:
      auto_start: true
      stop_timeout: 100ms
      security: { actor: { id: service }, policies: [readers] }
  - name: ask
    kind: function.lua
    source: |
      return function()
        local answers = process.listen("answer")
        process.send("worker", "who", "?")
        return (answers:receive())
      end
    method: main
`;

it('code runs as its entry says, whichever door it is called through', async () => {
  const { hub, url } = await bootHub({ files: { '_index.yaml': APPLICATION } });
  const call = async (entryId: string): Promise<unknown> => {
    const result = await hub.call({ entryId });
    return result.ok ? result.value : result.failure.message;
  };

  // hub.call: nobody, unless the entry says who.
  expect(await call('app:who')).toEqual({ id: 'nobody', read: false, write: false, secret: false });
  // The expression of a policy named bare allows; one that only the group names is not in this scope.
  const reporter = { id: 'reporter', read: true, write: false, secret: true };
  expect(await call('app:report')).toEqual(reporter);
  // funcs.call with an identity of the caller's: the entry's own comes first.
  expect(await call('app:report_as')).toEqual(reporter);
  // An actor alone takes the caller's scope, here none.
  expect(await call('app:half')).toEqual({ id: 'half', read: false, write: false, secret: false });
  // An endpoint; a bare group is one of the namespace. A deny wins (curfew).
  const answer = await fetch(`${url}/who`);
  expect(await answer.json()).toEqual({ id: 'web', write: true, secret: false });
  // A process, whatever its service says.
  expect(await call('app:ask')).toEqual({ id: 'worker', write: true });

  const policy = (name: string, expression: string, effect = 'deny'): ChangeRequest => ({
    operation: 'create',
    entry: {
      id: `app:${name}`,
      kind: 'security.policy.expr',
      data: { policy: { actions: '*', resources: '*', effect, expression }, groups: ['admin'] },
    },
  });
  for (const broken of ['', 'actor.id ==', 'user.id == 1', 'action matches "("']) {
    await expect(hub.registry.apply([policy('broken', broken)])).rejects.toThrow(
      /app:broken: field "policy.expression"/,
    );
  }
  await hub.registry.apply([policy('faulty', 'meta.owner.id == actor.id', 'allow')]);
  expect(await (await fetch(`${url}/who`)).json(), 'what cannot be evaluated denies').toMatchObject({
    write: false,
  });
  await hub.registry.apply([{ operation: 'delete', id: 'app:faulty' }]);

  // What an entry runs by cannot be taken away under it.
  await expect(hub.registry.apply([{ operation: 'delete', id: 'app:calls' }])).rejects.toThrow(
    /app:report: field "security.policies.1": policy "app:calls" not found/,
  );
});
