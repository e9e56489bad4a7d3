/** What a handler in Lua writes, and how it ends (`http.md` 5.2, 5.5, § 4). */
import { describe, expect, test } from 'vitest';
import type { MiddlewareFactory } from '../../../src/http/index.ts';
import { bootHttp, rawClient } from '../../support/http-world.ts';
import { evaluate, handler, run } from './run.ts';

describe('Response', () => {
  test('writes text, numbers and JSON; methods give nil (http.md 5.2)', async () => {
    const { answer } = await run(`
      assert(res:set_status(http.STATUS.CREATED) == nil)
      assert(res:set_header("X-N", 7) == nil)
      assert(select("#", res:write("a")) == 1)
      res:write(1.5)`);
    expect([answer.statusCode, answer.body, answer.headers['x-n']]).toEqual([201, 'a1.5', '7']);
    const sent = await run('res:set_status(201) res:write_json({ a = { 1, 2 } })');
    expect([sent.answer.statusCode, sent.answer.body]).toEqual([201, '{"a":[1,2]}']);
    expect(sent.answer.headers['content-type']).toBe('application/json');
    const own = await run('res:set_content_type("application/problem+json") res:write_json({})');
    expect(own.answer.headers['content-type']).toBe('application/problem+json');
  });

  test('has header() as an alias that also reads (http.md 5.2)', async () => {
    const { answer } = await run(`
      assert(res:header("X-A") == nil)
      res:header("X-A", "1")
      res:write(res:header("x-a") .. tostring(res:header("X-WS-Relay")))`);
    expect([answer.body, answer.headers['x-a']]).toEqual(['1nil', '1']);
  });

  test('sets several cookies from a list (http.md 5.2)', async () => {
    const { answer } = await run('res:set_header("Set-Cookie", { "a=1", "b=2" }) res:write("x")');
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  test('gives one error and changes nothing for bad values (http.md 5.2, W1)', async () => {
    const { answer } = await run(`
      local seen = {}
      local function note(...) assert(select("#", ...) == 1) table.insert(seen, (...):kind()) end
      note(res:set_status(199)) note(res:set_status(200.5)) note(res:set_status(600))
      note(res:set_header("A", "b\\r\\nC: d")) note(res:set_header("A b", "c")) note(res:set_transfer("gzip"))
      note(res:write_json({ 1, nil, 3, a = 1 }))
      note(res:write_event({ name = "x" })) note(res:write_event({ data = 1 })) note(res:write_event({ name = "a\\nb", data = 1 }))
      local message = {}
      res:write("")
      table.insert(message, res:set_status(404):message())
      table.insert(message, res:set_header("A", "b"):message())
      table.insert(message, res:set_content_type("a/b"):message())
      table.insert(message, res:set_transfer("sse"):message())
      table.insert(message, res:write_event({ name = "a", data = 1 }):message())
      res:write_json({ seen, message })`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.a).toBeUndefined();
    expect(answer.json()).toEqual([
      Array(10).fill('Invalid'),
      [
        'cannot set status after headers are sent',
        'cannot set header after headers are sent',
        'cannot set header after headers are sent',
        'cannot set transfer after headers are sent',
        'cannot switch to SSE mode after headers are sent',
      ],
    ]);
  });

  test('sends any bytes unchanged (http.md W5)', async () => {
    const { answer } = await run('res:write("\\0\\255\\128\\r\\n")');
    expect(answer.rawPayload).toEqual(Buffer.from([0, 255, 128, 13, 10]));
  });

  test('streams events as they are written (http.md 5.5)', async () => {
    const { answer } = await run(`
      res:write_event({ name = "tick", data = { n = 1 }, id = "7", retry = 500 })
      res:write_event({ name = "off", data = false })`);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(answer.body).toBe('event: tick\nid: 7\nretry: 500\ndata: {"n":1}\n\nevent: off\ndata: false\n\n');
  });

  test('reaches the client while the handler sleeps, and notices when it left (http.md W2, W9, C9)', async () => {
    const world = await bootHttp({
      routes: {
        'GET /x': handler(`
          res:write_event({ name = "first", data = 1 })
          require("time").sleep("1s")
          res:write_event({ name = "second", data = 2 })
          require("time").sleep("10s")
          print("still here")`),
      },
    });
    const client = await rawClient(await world.listen());
    client.send('GET /x HTTP/1.1\r\nHost: h\r\n\r\n');
    await client.until('event: first');
    expect(client.text()).not.toContain('second');
    world.clock.advance(1_000);
    await client.until('event: second');
    expect(world.system.inspect().filter(({ role }) => role === 'call')).toHaveLength(1);
    client.socket.destroy();
    await expect.poll(() => world.system.inspect().filter(({ role }) => role === 'call')).toEqual([]);
    world.clock.advance(20_000);
    expect(world.lines.some(({ event }) => event === 'still here')).toBe(false);
  });

  test('suspends a writer while its client is slow; others go on (http.md W3)', async () => {
    const world = await bootHttp({
      routes: {
        'GET /flood': handler(`
          local block = ("x"):rep(65536)
          for i = 1, 640 do assert(res:write(block) == nil) if i == 1 then res:flush() end end
          print("flooded")`),
        'GET /x': handler('res:write("quick")'),
      },
    });
    const client = await rawClient(await world.listen());
    client.socket.pause();
    client.send('GET /flood HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    await expect.poll(() => world.system.inspect().some(({ state }) => state === 'waiting')).toBe(true);
    expect((await world.inject('/x')).body).toBe('quick');
    expect(world.lines.some(({ event }) => event === 'flooded')).toBe(false);
    client.socket.resume();
    const text = await client.closed();
    expect(text.match(/x{1000}/g)?.length).toBeGreaterThan(40_000);
    expect(world.lines.some(({ event }) => event === 'flooded')).toBe(true);
  });
});

describe('handlers in Lua', () => {
  test('fail by raise and by return as http.md C3-C6 say', async () => {
    expect((await run('res:write("half") error("boom")')).answer.statusCode).toBe(500);
    expect((await run('return nil, "why"')).answer.statusCode).toBe(500);
    const kept = await run('res:set_status(409) res:write("kept") return nil, "why"');
    expect([kept.answer.statusCode, kept.answer.body]).toEqual([409, 'kept']);
    expect((await run('')).answer.body).toBe('no response sent\n');
  });

  test('are interrupted in a busy loop by the handler timeout (http.md C8)', async () => {
    const world = await bootHttp({
      tickMs: 1,
      server: { timeouts: { handler: '1s' } },
      routes: { 'GET /x': handler('while true do end') },
    });
    const answer = world.inject('/x');
    await expect.poll(() => world.system.inspect().length).toBe(1);
    world.clock.advance(1_000);
    expect((await answer).statusCode).toBe(504);
  });

  test('spawn a monitored child and answer after its EXIT (process.md check 16)', async () => {
    const child = {
      id: 'app:child',
      kind: 'process.lua',
      data: { method: 'main', source: 'function main(n) return n * 2 end' },
    };
    const seen = await evaluate(
      `local events = process.events()
       local pid = process.spawn_monitored("app:child", "app:processes", 21)
       local event = events:receive()
       return { process.pid():match("^{app:f0|") ~= nil, event.from == pid, event.result.value }`,
      {},
      { entries: [child] },
    );
    expect(seen).toEqual([true, true, 42]);
  });

  test('read constants (http.md 5.6)', async () => {
    const seen = await evaluate(
      `return { http.METHOD.GET, http.STATUS.OK, http.STATUS.INTERNAL_ERROR, http.CONTENT.JSON, http.TRANSFER.SSE,
        http.ERROR.PARSE_FAILED }`,
    );
    expect(seen).toEqual(['GET', 200, 500, 'application/json', 'sse', 'PARSE_FAILED']);
  });

  test('cannot change the module or its constants (http.md § 5)', async () => {
    const seen = await evaluate(
      `return { (pcall(function() http.STATUS.OK = 1 end)), (pcall(function() http.x = 1 end)), http.STATUS.OK }`,
    );
    expect(seen).toEqual([false, false, 200]);
  });
});

describe('a coroutine that outlives main', () => {
  test('D4: cannot write behind a response that is decided and not sent yet', async () => {
    const source = `
local http = require("http")
local logger = require("logger")
local function handler()
  local res, main_ended = http.response(), channel.new(1)
  coroutine.spawn(function()
    main_ended:receive()
    local err = res:write("TAIL")
    logger:info("tail wrote", { kind = err and err:kind() })
  end)
  main_ended:send(true)
  return { a = 1 }
end
return { handler = handler }`;
    let release = (): void => {};
    const slow: MiddlewareFactory = {
      name: 'slow',
      create: () => ({
        after: () =>
          new Promise((resolve) => {
            release = () => resolve(undefined);
          }),
      }),
    };
    const world = await bootHttp({
      router: { middleware: ['slow'] },
      middleware: [slow],
      routes: { 'GET /x': source },
    });
    const answer = world.inject('/x');
    const written = (): unknown => {
      world.clock.flush();
      return world.lines.find(({ event }) => event === 'tail wrote')?.fields.kind;
    };
    await expect.poll(written).toBe('Internal');
    release();
    expect((await answer).body).toBe('{"a":1}');
  });
});

describe('a response call that failed, and nobody looked', () => {
  const failures = (lines: Awaited<ReturnType<typeof run>>['world']['lines']) =>
    lines.filter(({ level }) => level === 'warn' || level === 'error');

  test.each([
    ['write_json', 'res:write_json({1, nil, 3})', 'sparse array'],
    ['write_json', 'res:write_json({ 1, a = 2 })', 'Cannot encode'],
    ['set_status', 'res:set_status(700)', '200 to 599'],
    ['set_header', 'res:set_header("X-A", "b\\r\\nc")', 'control character'],
    ['header', 'res:header("a b", "c")', 'no token'],
    ['set_content_type', 'res:set_content_type("a\\0")', 'control character'],
    ['set_transfer', 'res:set_transfer("gzip")', 'expected "chunked"'],
    ['write_event', 'res:write_event({ name = "x" })', 'field "data" is required'],
    ['write_event', 'res:set_status(1) res:write_event({ data = 1 })', 'field "name" is required'],
  ])('is named where no response was sent: %s, %s (http.md C4)', async (call, body, cause) => {
    const { answer, world } = await run(body);
    expect([answer.statusCode, answer.body]).toEqual([500, 'no response sent\n']);
    const [line, ...others] = failures(world.lines);
    expect([line!.event, others]).toEqual(['handler failed', []]);
    expect(line!.fields.message).toMatch(new RegExp(`^no response sent: ${call} failed: .*${cause}`));
    const exposed = await run(body, {}, { server: { expose_errors: true } });
    expect(exposed.answer.body).toBe(`${line!.fields.message}\n`);
  });

  test('is a failure when it is all the handler returns (http.md C3)', async () => {
    const { answer, world } = await run('return res:write_json({1, nil, 3})');
    expect([answer.statusCode, answer.body]).toEqual([500, 'internal server error\n']);
    expect(failures(world.lines)).toMatchObject([
      { event: 'handler failed', fields: { message: expect.stringMatching(/^write_json failed: .*sparse/) } },
    ]);
  });

  test.each([
    ['res:set_status(700) res:write("a")', 'set_status'],
    ['res:write("a") res:set_status(404)', 'set_status'],
    ['res:write_event({ name = "a", data = 1 }) res:write_event({ name = "b" })', 'write_event'],
  ])('is warned of where a response was sent all the same: %s', async (body, call) => {
    const { answer, world } = await run(body);
    expect(answer.statusCode).toBe(200);
    expect(failures(world.lines)).toMatchObject([
      { event: 'response call failed', fields: { call, endpoint: 'app:f0.endpoint', function: 'app:f0' } },
    ]);
  });

  test.each([
    'if res:write_json({1, nil, 3}) then res:set_status(500) res:write_json({ error = "x" }) end',
    'if res:write_json({1, nil, 3}) then res:write("sorry") end',
    'res:set_status(700) res:set_status(200) res:write("a")',
    'res:write("a")',
    'return 5',
  ])('is not mentioned once it was made good: %s', async (body) => {
    expect(failures((await run(body)).world.lines)).toEqual([]);
  });
});
