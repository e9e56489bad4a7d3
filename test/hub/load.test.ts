/** Code whose top level takes long and then fails (D1): whoever called it through the hub hears of it as ever. */
import { describe, expect, it } from 'vitest';
import type { EntryId } from '../../src/base/index.ts';
import { bootHub } from '../support/boot-hub.ts';

const FILES = {
  '_index.yaml': `version: "1.0"
namespace: app
entries:
  - name: gateway
    kind: http.service
    addr: 127.0.0.1:\${env:PORT|0}
    lifecycle: { auto_start: true }
  - name: api
    kind: http.router
    meta: { server: gateway }
  - name: broken
    kind: function.lua
    source: file://broken.lua
    method: run
  - name: command
    kind: process.lua
    source: file://broken.lua
    method: run
  - name: endpoint
    kind: http.endpoint
    method: GET
    path: /broken
    func: broken
`,
  'broken.lua': 'for i = 1, 300000 do end\nerror("boom")',
};

describe('a long top level that fails', () => {
  it('rejects hub.call(), answers 500, and ends a command', async () => {
    const { hub, url, log } = await bootHub({ files: FILES });
    await expect(hub.call({ entryId: 'app:broken' as EntryId })).rejects.toMatchObject({
      code: 'MH_PROCESS_LOAD_FAILED',
      message: expect.stringContaining("Cannot load 'app:broken': app:broken:2: boom"),
    });
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    expect(log.lines.filter(({ event }) => event === 'handler failed')).toHaveLength(1);
    const { ended } = hub.runCommand({ entryId: 'app:command' as EntryId, args: [] });
    expect(await ended).toMatchObject({ ok: false, failure: { message: expect.stringContaining('boom') } });
  });
});
