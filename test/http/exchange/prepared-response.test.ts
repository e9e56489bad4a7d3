import { describe, expect, test } from 'vitest';
import type { PreparedResponse } from '../../../src/http/exchange/prepared-response.ts';
import { bootHttp, type Handler } from '../../support/http-world.ts';

async function ask(handler: Handler, server = {}) {
  const world = await bootHttp({ server, routes: { 'GET /x': handler } });
  const answer = await world.inject('/x');
  return { world, answer };
}

describe('PreparedResponse', () => {
  test('refuses to change status and headers once committed, and goes on (http.md W1)', async () => {
    const { answer } = await ask(({ response }) => {
      response.write(Buffer.from('a'));
      expect(() => response.setStatus(404)).toThrow('cannot set status after headers are sent');
      expect(() => response.setHeader('X', 'y')).toThrow('cannot set header after headers are sent');
      expect(() => response.setTransfer('sse')).toThrow('cannot set transfer after headers are sent');
      return undefined;
    });
    expect([answer.statusCode, answer.body]).toEqual([200, 'a']);
  });

  test.each(['a\r\nSet-Cookie: x=1', 'a\nb', 'a\0b', 'a\rb'])(
    'refuses to split headers with %j',
    async (value) => {
      const { answer } = await ask(({ response }) => {
        expect(() => response.setHeader('X-Split', value)).toThrow('control character');
        expect(() => response.setHeader(`X${value}`, 'v')).toThrow('no token');
        response.write(Buffer.from('ok'));
        return undefined;
      });
      expect(answer.headers['x-split']).toBeUndefined();
      expect(answer.headers['set-cookie']).toBeUndefined();
    },
  );

  test('strips the private headers from every response and warns when nobody took them (http.md W7, relay.md E3)', async () => {
    const { answer, world } = await ask(({ response }) => {
      for (const name of ['X-WS-Relay', 'x-sse-relay', 'X-Sendfile', 'X-File-Path', 'X-File-Name']) {
        response.setHeader(name, 'v');
      }
      response.write(Buffer.from('ok'));
      return undefined;
    });
    expect(Object.keys(answer.headers).filter((name) => /relay|file/i.test(name))).toEqual([]);
    expect(world.lines.filter(({ event }) => event === 'header without middleware')).toHaveLength(4);
  });

  test('keeps relay values of up to 64 KiB of any bytes and refuses longer ones (relay.md H5)', async () => {
    await ask(({ response }) => {
      const value = `${Buffer.from('\u00e9\ud55c').toString('latin1')}${'x'.repeat(65_531)}`;
      response.setHeader('x-Ws-reLay', value);
      expect(response.privateHeader('x-ws-relay')?.toString('latin1')).toBe(value);
      expect(() => response.setHeader('X-WS-Relay', `${value}y`)).toThrow('longer than 65536 bytes');
      return undefined;
    });
  });

  test('ignores framing headers that contradict the body (http.md W8)', async () => {
    const { answer } = await ask(({ response }) => {
      response.setHeader('Content-Length', '99');
      response.setHeader('Transfer-Encoding', 'gzip');
      response.setHeader('Connection', 'upgrade');
      response.write(Buffer.from('abc'));
      return undefined;
    });
    expect(answer.headers['content-length']).toBe('3');
    expect(answer.headers['transfer-encoding']).toBeUndefined();
    expect(answer.headers.connection).toBe('keep-alive');
  });

  test.each([
    ['<!DOCTYPE html><p>', 'text/html; charset=utf-8'],
    ['  \n<html lang="en">', 'text/html; charset=utf-8'],
    ['<data/>', 'text/plain; charset=utf-8'],
    ['gr\u00fc\u00dfe', 'text/plain; charset=utf-8'],
  ])('names the type of %j as %s (http.md W4)', async (body, type) => {
    const { answer } = await ask(({ response }) => {
      response.write(Buffer.from(body));
      return undefined;
    });
    expect(answer.headers['content-type']).toBe(type);
  });

  test('sends bytes unchanged and calls them bytes (http.md W4, W5)', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    const { answer } = await ask(({ response }) => {
      response.write(bytes);
      return undefined;
    });
    expect(answer.rawPayload).toEqual(bytes);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
  });

  test('calls a cut character text only while more may follow (http.md W4)', async () => {
    const half = Buffer.from([0x61, 0xe2, 0x82]);
    const whole = await ask(({ response }) => void response.write(half) as undefined);
    expect(whole.answer.headers['content-type']).toBe('application/octet-stream');
    const streamed = await ask(({ response }) => {
      response.write(half);
      response.flush();
      response.write(Buffer.from([0xac]));
      return undefined;
    });
    expect(streamed.answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(streamed.answer.body).toBe('a\u20ac');
  });

  test.each([204, 304])('discards the body of a %i (http.md W6)', async (status) => {
    const { answer } = await ask(({ response }) => {
      response.setStatus(status);
      response.write(Buffer.from('ghost'));
      return undefined;
    });
    expect([answer.statusCode, answer.body]).toEqual([status, '']);
  });

  test('buffers up to 1 MiB with its length and streams beyond (http.md W2)', async () => {
    const exact = await ask(({ response }) => {
      response.write(Buffer.alloc(1_048_576, 'a'));
      return undefined;
    });
    expect(exact.answer.headers['content-length']).toBe('1048576');
    const beyond = await ask(({ response }) => {
      response.write(Buffer.alloc(1_048_577, 'a'));
      return undefined;
    });
    expect(beyond.answer.headers['transfer-encoding']).toBe('chunked');
    expect(beyond.answer.rawPayload).toHaveLength(1_048_577);
  });

  test('sends several lines for a list of values (http.md 5.2)', async () => {
    const { answer } = await ask(({ response }) => {
      response.setHeader('Set-Cookie', 'a=1', 'b=2');
      return undefined;
    });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  const STREAMING = ['content-type', 'cache-control', 'x-accel-buffering'] as const;

  test.each<[what: string, prepare: (response: PreparedResponse) => void, expected: (string | undefined)[]]>([
    ['a buffered one', (response) => response.setStatus(204), [undefined, undefined, undefined]],
    ['one that is flushed', (response) => response.flush(), [undefined, undefined, 'no']],
    [
      'one too large to buffer',
      (response) => response.write(Buffer.alloc(2_000_000)),
      ['text/plain; charset=utf-8', undefined, undefined],
    ],
    ['one in chunks', (response) => response.setTransfer('chunked'), [undefined, 'no-cache', 'no']],
    [
      'events',
      (response) => response.setTransfer('sse'),
      ['text/event-stream', 'no-cache, no-transform', 'no'],
    ],
    [
      'events of a handler that chose headers before',
      (response) => {
        response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
        response.setHeader('cache-control', 'private');
        response.setHeader('X-ACCEL-Buffering', 'yes');
        response.setTransfer('sse');
      },
      ['text/event-stream; charset=utf-8', 'private', 'yes'],
    ],
    [
      'events of a handler that chose headers afterwards',
      (response) => {
        response.setTransfer('sse');
        response.setHeader('Cache-Control', 'no-store');
      },
      ['text/event-stream', 'no-store', 'no'],
    ],
    [
      'events of a handler that meant JSON',
      (response) => {
        response.setHeader('Content-Type', 'application/json');
        response.setTransfer('sse');
      },
      ['text/event-stream', 'no-cache, no-transform', 'no'],
    ],
  ])(
    'gives %s the headers that let it pass proxies, unless it has its own (http.md 5.2)',
    async (_what, prepare, expected) => {
      const { answer } = await ask(({ response }) => {
        prepare(response);
        return undefined;
      });
      const seen: Record<string, unknown> = answer.headers;
      expect(STREAMING.map((name) => seen[name])).toEqual(expected);
    },
  );
});
