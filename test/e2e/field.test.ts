/**
 * Programs as people in the field write them, against one hub over real sockets. Each test names what went wrong with
 * such programs elsewhere, in public reports on servers of this kind.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { maskedFrame } from '../relay/wire.ts';
import { bootHub } from '../support/boot-hub.ts';
import { eventually } from '../support/eventually.ts';
import { rawWebSocket } from '../support/raw-websocket.ts';
import { refusedBy, wsClient } from '../support/ws-client.ts';

const TEXT = 1;
const CONTINUATION = 0;
const CLOSE = 8;

const { url, wsUrl, log } = await bootHub({ copies: ['test/e2e/field'], path: 'test/e2e/field' }, afterAll);

async function post(action: string, body: string): Promise<string> {
  return (await fetch(`${url}/codec/${action}`, { method: 'POST', body })).text();
}

describe('JSON through a handler', () => {
  it('keeps empty arrays and empty objects apart, at every depth (json-and-clients.md E1)', async () => {
    const text = '{"deep":[{"list":[],"map":{}}],"list":[],"map":{}}';
    expect(JSON.parse(await post('extend', text))).toEqual({
      ...(JSON.parse(text) as object),
      added: { list: [] },
    });
  });

  it.each([
    '{"id":15947634569000323}',
    '[9223372036854775807,-9223372036854775808]',
    '[1824192940134586]',
    '[0.1,1e-7,1.5]',
  ])('gives the digits of %s back (json-and-clients.md § 7, N2)', async (text) => {
    expect(await post('repeated', text)).toBe(text);
  });

  it.each(['1000000', '305419896'])(
    'refuses a table with one far index, %s, instead of writing nulls up to it (json-and-clients.md E3)',
    async (index) => {
      const answer = JSON.parse(await post('far', index)) as { length?: number; refusal?: string };
      expect(answer.length).toBeUndefined();
      expect(answer.refusal).toMatch(/sparse array/);
    },
  );
});

describe('handshakes', () => {
  it('take a token as second subprotocol and repeat only the scheme, in no log either (relay.md H11)', async () => {
    const headers = { 'Sec-WebSocket-Protocol': 'bearer, let-me.in' };
    const client = await rawWebSocket(`${wsUrl}/guarded`, { headers });
    expect(client.status).toBe(101);
    expect(client.head).toMatch(/\r\nsec-websocket-protocol: bearer\r\n/i);
    expect(client.head).not.toContain('let-me.in');
    client.send(maskedFrame(TEXT, 'x'));
    expect(String((await client.next()).payload)).toBe('text 1');
    const refused = await refusedBy(`${wsUrl}/guarded`, {
      headers: { 'Sec-WebSocket-Protocol': 'bearer, guess.ed' },
    });
    expect(refused.status).toBe(401);
    expect(JSON.stringify(log.lines)).not.toMatch(/let-me\.in|guess\.ed/);
  });

  it('carry several cookies of the handler, each on a line of its own (relay.md H11)', async () => {
    const { head } = await rawWebSocket(`${wsUrl}/connect/mirror`);
    const cookies = head.split('\r\n').filter((line) => /^set-cookie:/i.test(line));
    expect(cookies.map((line) => line.slice('Set-Cookie: '.length))).toEqual([
      'session=abc; HttpOnly; Path=/',
      'node=n1; Path=/',
    ]);
    expect(head).not.toMatch(/relay/i);
  });

  it('keep what a reconnecting client sent ahead, though the handler waits (relay.md H12, L11)', async () => {
    const early = Buffer.concat(['a', 'b', 'c'].map((text) => maskedFrame(TEXT, text)));
    const client = await rawWebSocket(`${wsUrl}/connect/mirror?name=eager&wait=50ms`, { early });
    client.send(maskedFrame(TEXT, 'heard eager'));
    for (let i = 0; i < 3; i++) expect(String((await client.next()).payload)).toBe('text 1');
    expect(JSON.parse(String((await client.next()).payload))).toEqual({
      topic: 'heard',
      data: ['ws.join', 'a', 'b', 'c', 'heard eager'],
    });
  });
});

describe('frames', () => {
  it('joins a large text sent in fragments to one message, and nothing comes twice (relay.md L1)', async () => {
    const client = await rawWebSocket(`${wsUrl}/connect/mirror`);
    const text = 'x'.repeat(102_400);
    for (let at = 0; at < text.length; at += 8192) {
      const fin = at + 8192 >= text.length;
      client.send(maskedFrame(at === 0 ? TEXT : CONTINUATION, text.slice(at, at + 8192), { fin }));
    }
    expect(String((await client.next()).payload)).toBe('text 102400');
    client.send(maskedFrame(TEXT, 'hello', { fin: false }), maskedFrame(CONTINUATION, ''));
    expect(String((await client.next()).payload)).toBe('text 5');
    client.send(maskedFrame(CLOSE, '\x03\xe8'));
    expect((await client.rest()).map(({ opcode }) => opcode)).toEqual([CLOSE]);
  });

  it('carries every byte both ways, and as base64 in a wrapped message (relay.md I4, S4)', async () => {
    const client = await wsClient(`${wsUrl}/connect/mirror`);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    client.send(bytes);
    expect(await client.next()).toEqual(Buffer.from(bytes).reverse());
    expect(await client.nextJson()).toEqual({ topic: 'wrapped', data: bytes.toString('base64') });
  });

  it.each([
    ['cuts 200 characters at 123 bytes', 'r'.repeat(200), 'r'.repeat(123)],
    ['never cuts a character', 'é'.repeat(70), 'é'.repeat(61)],
    ['leaves 123 bytes alone', 'x'.repeat(123), 'x'.repeat(123)],
  ])('%s of a close reason (relay.md T2)', async (_what, reason, shown) => {
    const client = await wsClient(`${wsUrl}/connect/mirror`);
    client.send(`close ${JSON.stringify({ code: 4001, reason })}`);
    expect(await client.closed).toEqual({ code: 4001, reason: shown });
  });
});

describe('ends of connections', () => {
  it('are told to the target exactly once, whatever happened to the client (relay.md G1, § 7)', async () => {
    const open = (name: string, path = 'connect/mirror') => rawWebSocket(`${wsUrl}/${path}?name=${name}`);
    const reset = await open('reset');
    reset.socket.resetAndDestroy();
    (await open('fin')).socket.end();
    await open('mute', 'impatient/mirror');
    const half = await open('half');
    half.send(maskedFrame(TEXT, 'hello').subarray(0, 5));
    half.socket.end();
    (await open('broken')).send(Buffer.from([0xff, 0xff, 1, 2, 3, 4]));
    const watcher = await wsClient(`${wsUrl}/connect/mirror`);
    const heardOf = async (name: string): Promise<unknown> => {
      watcher.send(`heard ${name}`);
      return ((await watcher.nextJson()) as { data: unknown }).data;
    };
    for (const [name, code] of [
      ['reset', 1006],
      ['fin', 1006],
      ['half', 1006],
      ['broken', 1002],
      ['mute', 1006],
    ] as const) {
      await eventually(async () => expect(await heardOf(name)).toEqual(['ws.join', `ws.leave ${code}`]));
    }
    for (const name of ['reset', 'fin', 'half', 'broken', 'mute'])
      expect(await heardOf(name)).toHaveLength(2);
  });

  it('leave a user with another tab where they are (relay.md P3)', async () => {
    const open = (name: string) => wsClient(`${wsUrl}/connect/presence?name=${encodeURIComponent(name)}`);
    const [first, second, watcher] = [await open('ann'), await open('ann'), await open('bjørn')];
    const here = async (): Promise<unknown> => {
      watcher.send('who');
      return ((await watcher.nextJson()) as { data: unknown }).data;
    };
    expect(await here()).toEqual(['ann', 'bjørn']);
    first.socket.terminate();
    await first.closed;
    expect(await here()).toEqual(['ann', 'bjørn']);
    second.socket.close(1001);
    await eventually(async () => expect(await here()).toEqual(['bjørn']));
  });
});

describe('requests between processes', () => {
  it('time out, and a late reply is nobody else its answer (concurrency.md § 7)', async () => {
    const ask = async (): Promise<unknown> => (await fetch(`${url}/ask`)).json();
    const answers = await Promise.all(Array.from({ length: 5 }, ask));
    for (const answer of answers) expect(answer).toEqual(['time-out', 2, 3]);
  });
});
