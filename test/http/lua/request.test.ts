/** What a handler in Lua reads: request, streams, forms (`http.md` 5.1, 5.3, 5.4). */
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { InjectOptions } from 'fastify';
import { describe, expect, test } from 'vitest';
import { bootHttp, rawClient } from '../../support/http-world.ts';
import { evaluate, handler, run } from './run.ts';

describe('Request', () => {
  test('reads method, path, host, headers and address (http.md 5.1)', async () => {
    const seen = await evaluate(
      `return { req:method(), req:path(), req:host(), req:header("x-ONE"), req:remote_addr():match("^127%.0%.0%.1:%d+$") ~= nil,
        req:header("none") == nil, select("#", req:header("none")), tostring(req), tostring(res) }`,
      { url: '/x', headers: { host: 'h:1', 'x-one': 'a' } },
    );
    expect(seen).toEqual([
      'GET',
      '/x',
      'h:1',
      'a',
      true,
      true,
      2,
      'http.Request{method=GET, path=/x}',
      'http.Response{}',
    ]);
  });

  test('decodes the query: first value, plus as space, flag as empty, repeated joined (http.md 5.1)', async () => {
    const seen = await evaluate(
      'return { req:query("a"), req:query("b"), req:query("none") == nil, req:query("é"), req:query_params() }',
      { url: '/x?a=1+2&b&a=%33&%C3%A9=%20' },
    );
    expect(seen).toEqual(['1 2', '', true, ' ', { a: '1 2,3', b: '', é: ' ' }]);
  });

  test('gives route parameters decoded (http.md R5, R6)', async () => {
    const seen = await evaluate(
      'return { req:param("id"), req:param("rest"), req:params(), req:param("no") == nil }',
      {
        url: '/u/a%2Fb/c/d',
      },
      { path: '/u/{id}/{rest...}' },
    );
    expect(seen).toEqual(['a/b', 'c/d', { id: 'a/b', rest: 'c/d' }, true]);
  });

  test('answers accepts and is_content_type (http.md 5.1)', async () => {
    const seen = await evaluate(
      `return { req:accepts("application/json"), req:accepts("text/html"), req:accepts("image/png"), req:accepts("image/gif"),
        req:is_content_type("APPLICATION/json"), req:is_content_type("text"), req:content_type() }`,
      {
        method: 'POST',
        url: '/x',
        headers: {
          accept: 'application/json;v=1, text/html;q=0, image/*;q=0.5, image/gif;q=0',
          'content-type': 'application/json; charset=utf-8',
        },
        payload: '{}',
      },
    );
    expect(seen).toEqual([true, false, true, false, true, false, 'application/json; charset=utf-8']);
    expect(await evaluate('return { req:accepts("a/b") }')).toEqual([false]);
  });

  test('reads the body, again and again, and as JSON whatever its type (http.md 5.1)', async () => {
    const seen = await evaluate(
      'return { req:has_body(), req:content_length(), req:body(), req:body(), req:body_json().a }',
      { method: 'POST', url: '/x', payload: '{"a":7}' },
    );
    expect(seen).toEqual([true, 7, '{"a":7}', '{"a":7}', 7]);
    expect(await evaluate('return { req:has_body(), req:content_length(), req:body() }')).toEqual([
      false,
      0,
      '',
    ]);
  });

  test('gives null as json.null when asked, and writes it back (everyday.md § 6)', async () => {
    const seen = await evaluate(
      `local asked, plain = req:body_json({ null = true }), req:body_json()
       return { asked.a == json.null, asked, plain.a == nil, plain }`,
      { method: 'POST', url: '/x', payload: '{"a":null,"l":[1,null,3]}' },
    );
    const body = { a: null, l: [1, null, 3] };
    expect(seen).toEqual([true, body, true, body]);
  });

  test.each([
    ['', 'invalid JSON: the body is empty'],
    ['{', 'invalid JSON'],
  ])('refuses %j as JSON with kind Invalid (http.md 5.1)', async (payload, fact) => {
    const seen = await evaluate(
      'local value, err = req:body_json() return { value == nil, err:kind(), err:message(), err:retryable() }',
      { method: 'POST', url: '/x', payload },
    );
    expect(seen).toEqual([true, 'Invalid', expect.stringContaining(fact), false]);
  });

  test('refuses a body above max_body without reading it (http.md 5.1)', async () => {
    const body =
      'local value, err = http.request({ max_body = 3 }):body() return { value == nil, err:kind(), err:message() }';
    const request = { method: 'POST' as const, url: '/x', payload: 'four' };
    expect(await evaluate(body, request)).toEqual([true, 'Invalid', 'request body too large']);
    const own = 'local value, err = http.request({ max_body = 0 }):body() return { err:message() }';
    expect(await evaluate(own, request, { server: { max_body: 3 } })).toEqual(['request body too large']);
  });

  test('refuses a chunked body once it grew above max_body (http.md 5.1)', async () => {
    const world = await bootHttp({
      routes: {
        'POST /x': handler('local v, err = http.request({ max_body = 10 }):body() return { err:message() }'),
      },
    });
    const client = await rawClient(await world.listen());
    client.send(
      'POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n',
    );
    expect(await client.until('request body too large')).toContain('200 OK');
  });

  test('stops waiting for a body after its timeout (http.md 5.1)', async () => {
    const world = await bootHttp({
      routes: {
        'POST /x': handler(
          'local v, err = http.request({ timeout = 1000 }):body() return { err:kind(), err:message() }',
        ),
      },
    });
    const client = await rawClient(await world.listen());
    client.send('POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf');
    await expect.poll(() => world.clock.timerCount).toBeGreaterThan(1);
    world.clock.advance(1000);
    expect(await client.until('it took too long')).toContain('["Internal","failed to read body');
  });

  test('keeps repeated headers apart from each other only by a comma (http.md 5.1)', async () => {
    const world = await bootHttp({
      routes: { 'GET /x': handler('return { req:header("X-A"), req:header("Cookie") }') },
    });
    const client = await rawClient(await world.listen());
    client.send(
      'GET /x HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\nConnection: close\r\n\r\n',
    );
    expect(await client.closed()).toContain('["1, 2","a=1; b=2"]');
  });

  test('is there in functions called over HTTP only (http.md § 5)', async () => {
    const process = {
      id: 'app:p',
      kind: 'process.lua',
      data: {
        method: 'main',
        modules: ['http'],
        source: `function main(parent)
          local req, err = require("http").request()
          process.send(parent, "seen", { tostring(req), err:kind(), err:message() })
        end`,
      },
    };
    const seen = await evaluate(
      `local inbox = process.inbox()
       process.spawn("app:p", "app:processes", process.pid())
       return inbox:receive():payload():data()`,
      {},
      { entries: [process] },
    );
    expect(seen).toEqual(['nil', 'Internal', 'no HTTP request context found']);
  });

  test('is over for coroutines that outlive the handler (process.md § 14.5)', async () => {
    const { answer, world } = await run(
      `res:write("done")
       coroutine.spawn(function()
         require("time").sleep("10ms")
         local _, err = http.request()
         print(err:message(), tostring(res:write("late")))
       end)`,
    );
    expect(answer.body).toBe('done');
    await expect
      .poll(() => {
        world.clock.advance(10);
        return world.lines.map(({ event }) => event);
      })
      .toContain('no HTTP request context found no HTTP request context found');
  });
});

describe('Stream', () => {
  test('reads piece by piece, then nil; body() is refused afterwards (http.md 5.1, 5.4)', async () => {
    const seen = await evaluate(
      `local stream = req:stream()
       local stat = stream:stat()
       local parts = { stream:read(2), stream:read(), tostring(stream:read()) }
       local _, err = req:body()
       return { stat, parts, err:kind(), err:message(), stream:stat().position }`,
      { method: 'POST', url: '/x', payload: 'abcdef' },
    );
    expect(seen).toEqual([
      { size: 6, position: 0, readable: true, writable: false, seekable: false },
      ['ab', 'cdef', 'nil'],
      'Invalid',
      'request body already consumed',
      6,
    ]);
  });

  test('refuses to seek, write, and to be used after close (http.md 5.4)', async () => {
    const seen = await evaluate(
      `local stream = req:stream()
       local position, seek_err = stream:seek("set", 0)
       local position2, origin_err = stream:seek("middle")
       local count, write_err = stream:write("x")
       local closed = { stream:close(), stream:close() }
       local _, read_err = stream:read()
       return { position, seek_err:kind(), position2, origin_err:kind(), count, write_err:kind(), closed, read_err:kind() }`,
      { method: 'POST', url: '/x', payload: 'abc' },
    );
    expect(seen).toEqual([-1, 'Internal', -1, 'Invalid', 0, 'Internal', [true, true], 'Internal']);
  });

  test.each([
    ['lines', 'one\r\ntwo\n\nlast', ['one', 'two', '', 'last']],
    ['words', '  a bc\n d ', ['a', 'bc', 'd']],
    ['runes', 'é€x', ['é', '€', 'x']],
    ['bytes', 'ab', ['a', 'b']],
  ])('scans %s (http.md 5.4)', async (split, payload, expected) => {
    const seen = await evaluate(
      `local scanner = req:stream():scanner("${split}")
       local tokens = {}
       while scanner:scan() do table.insert(tokens, scanner:text()) end
       return { tokens, scanner:err() == nil, scanner:text() }`,
      { method: 'POST', url: '/x', payload },
    );
    expect(seen).toEqual([expected, true, '']);
  });
});

describe('parse_multipart()', () => {
  const form = (...parts: readonly string[]): InjectOptions => ({
    method: 'POST',
    url: '/x',
    headers: { 'content-type': 'multipart/form-data; boundary=BB' },
    payload: `${parts.map((part) => `--BB\r\n${part}\r\n`).join('')}--BB--\r\n`,
  });
  const field = (name: string, value: string) =>
    `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
  const file = (name: string, fileName: string, content: string) =>
    `Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: image/png\r\n\r\n${content}`;

  test('gives values and files (http.md 5.3)', async () => {
    const seen = await evaluate(
      `local form = assert(req:parse_multipart())
       local file = form.files.pic[1]
       local stream = file:stream()
       local first = stream:read(3)
       stream:seek("set", 1)
       return { form.values, #form.files.pic, file:name(), file:size(), file:header("CONTENT-type"), first, stream:read(), stream:seek("end", -1), stream:read() }`,
      form(field('a', '1'), field('b', 'x'), field('b', 'y'), file('pic', '../up/é.png', 'PNGDATA')),
    );
    expect(seen).toEqual([{ a: '1', b: ['x', 'y'] }, 1, 'é.png', 7, 'image/png', 'PNG', 'NGDATA', 6, 'A']);
  });

  test('keeps bytes of values as they are', async () => {
    const seen = await evaluate('return { req:parse_multipart().values.raw:byte(1, -1) }', {
      ...form(),
      payload: Buffer.from(
        '--BB\r\nContent-Disposition: form-data; name="raw"\r\n\r\n\xff\x00\xfe\r\n--BB--\r\n',
        'latin1',
      ),
    });
    expect(seen).toEqual([255, 0, 254]);
  });

  test('spills large files to disk and removes them with the request (http.md 5.3)', async () => {
    const spilled = (): string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith('moonhub-upload-'));
    const before = new Set(spilled());
    const seen = await evaluate(
      `local form = assert(req:parse_multipart(4))
       local text = form.files.big[1]:stream():read()
       return { #text, form.files.small[1]:stream():read() }`,
      form(file('small', 's', 'abc'), file('big', 'b', 'x'.repeat(30_000))),
    );
    expect(seen).toEqual([30_000, 'abc']);
    await expect.poll(() => spilled().filter((name) => !before.has(name) && existsSync(name))).toEqual([]);
  });

  test.each<[string, InjectOptions, string, string]>([
    [
      'another type',
      { method: 'POST', url: '/x', payload: 'a=1' },
      'Invalid',
      'content type is not multipart/form-data',
    ],
    [
      'no boundary',
      { ...form(), headers: { 'content-type': 'multipart/form-data' } },
      'Internal',
      'failed to parse multipart form',
    ],
    [
      'a body cut short',
      { ...form(), payload: '--BB\r\nContent-Disposition: form-data; name="a"\r\n\r\nhal' },
      'Internal',
      'failed to parse multipart form',
    ],
    [
      'too many parts',
      form(...Array.from({ length: 1_001 }, (_, i) => field(`f${i}`, ''))),
      'Internal',
      'more than 1000 parts',
    ],
  ])('refuses %s (http.md 5.3)', async (_what, request, kind, message) => {
    const seen = await evaluate(
      'local value, err = req:parse_multipart() return { value == nil, err:kind(), err:message() }',
      request,
    );
    expect(seen).toEqual([true, kind, expect.stringContaining(message)]);
  });

  test('bounds the whole form by max_body (http.md 5.3)', async () => {
    const seen = await evaluate(
      'local value, err = http.request({ max_body = 100 }):parse_multipart() return { err:message() }',
      form(file('big', 'b', 'x'.repeat(200))),
    );
    expect(seen).toEqual(['request body too large']);
  });
});
