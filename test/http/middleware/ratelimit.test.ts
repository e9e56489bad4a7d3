import { describe, expect, test } from 'vitest';
import { bootHttp, type Handler } from '../../support/http-world.ts';

const hello: Handler = ({ response }) => {
  response.write(Buffer.from('hello'));
  return undefined;
};

const boot = (options = {}, middleware = ['ratelimit']) =>
  bootHttp({ router: { middleware, options }, routes: { 'GET /x': hello } });

describe('ratelimit', () => {
  test('refuses the 21st immediate request with the defaults (http.md 3.2)', async () => {
    const world = await boot();
    for (let i = 0; i < 20; i++) expect((await world.inject('/x')).statusCode).toBe(200);
    const refused = await world.inject('/x');
    expect([refused.statusCode, refused.body]).toEqual([429, 'Rate limit exceeded\n']);
    expect(refused.headers).toMatchObject({
      'x-ratelimit-limit': '100',
      'x-ratelimit-window': '1m',
      'retry-after': '1',
    });
    world.clock.advance(600);
    const again = await world.inject('/x');
    expect(again.statusCode).toBe(200);
    expect(again.headers['x-ratelimit-limit']).toBeUndefined();
  });

  test('counts each key for itself and answers 400 without one (http.md 3.2)', async () => {
    const world = await boot({ 'ratelimit.key': 'header:X-Key', 'ratelimit.burst': 1 });
    const ask = (key?: string) =>
      world.inject({ url: '/x', headers: key === undefined ? {} : { 'x-key': key } });
    expect((await ask('a')).statusCode).toBe(200);
    expect((await ask('a')).statusCode).toBe(429);
    expect((await ask('b')).statusCode).toBe(200);
    const keyless = await ask();
    expect([keyless.statusCode, keyless.body]).toEqual([400, 'Rate limit key extraction failed\n']);
  });

  test('forgets the oldest key beyond max_entries', async () => {
    const world = await boot({
      'ratelimit.key': 'query:k',
      'ratelimit.burst': 1,
      'ratelimit.max_entries': 2,
    });
    for (const key of ['a', 'b', 'c', 'a']) expect((await world.inject(`/x?k=${key}`)).statusCode).toBe(200);
    expect((await world.inject('/x?k=c')).statusCode).toBe(429);
  });

  test('counts by the address real_ip found', async () => {
    const world = await boot({ 'ratelimit.burst': 1 }, ['real_ip', 'ratelimit']);
    const ask = async (list: string): Promise<number> =>
      (await world.inject({ url: '/x', headers: { 'x-forwarded-for': list } })).statusCode;
    expect(await ask('1.2.3.4')).toBe(200);
    expect(await ask('1.2.3.5')).toBe(200);
    expect(await ask('1.2.3.4')).toBe(429);
    // An invented address in front buys no second bucket and uses up nobody's (http.md 3.4).
    expect(await ask('5.5.5.5, 1.2.3.4')).toBe(429);
    expect(await ask('5.5.5.5')).toBe(200);
  });

  test('survives a reload of other routes', async () => {
    const world = await boot({ 'ratelimit.burst': 1 });
    await world.inject('/x');
    expect((await world.inject('/x')).statusCode).toBe(429);
  });

  test.each([
    [{ 'ratelimit.requests': 'many' }, 'ratelimit.requests'],
    [{ 'ratelimit.window': '100ms' }, 'at least 1s'],
    [{ 'ratelimit.window': 'soon' }, 'a duration'],
    [{ 'ratelimit.key': 'cookie:x' }, 'header:Name'],
    [{ 'ratelimit.burst': '-1' }, 'ratelimit.burst'],
  ])('refuses %j at load (http.md M4)', async (options, fact) => {
    await expect(boot(options)).rejects.toThrow(fact);
  });
});
