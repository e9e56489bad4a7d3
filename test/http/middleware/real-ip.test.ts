import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSubnets, tryParseIp } from '../../../src/http/middleware/ip-address.ts';
import { findClient } from '../../../src/http/middleware/real-ip.ts';
import { bootHttp, type Handler, type HttpWorld } from '../../support/http-world.ts';

const address: Handler = ({ request, response }) => {
  response.write(Buffer.from(request.remoteAddress));
  return undefined;
};

const boot = (options = {}): Promise<HttpWorld> =>
  bootHttp({ router: { middleware: ['real_ip'], options }, routes: { 'GET /x': address } });

type Headers = Record<string, string | string[]>;

const addressOf = async (world: HttpWorld, headers: Headers, remoteAddress = '127.0.0.1'): Promise<string> =>
  (await world.inject({ url: '/x', headers, remoteAddress })).body;

describe('real_ip', () => {
  test.each([
    ['198.51.100.9', '198.51.100.9'],
    // nginx's $proxy_add_x_forwarded_for: what the client invented, then whom the proxy heard.
    ['203.0.113.1, 198.51.100.9', '198.51.100.9'],
    ['203.0.113.1, 198.51.100.9, 10.0.0.1, 192.168.1.1', '198.51.100.9'],
    ['10.0.0.9, 10.0.0.1', '10.0.0.9'],
    ['198.51.100.9:5678, 10.0.0.1:80', '198.51.100.9'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:DB8:0:0::1, 10.0.0.1, [::1]:80', '2001:db8::1'],
    ['::ffff:198.51.100.9', '198.51.100.9'],
    ['198.51.100.9, ::ffff:10.0.0.1, ::ffff:a00:1', '198.51.100.9'],
    ['198.51.100.9, fe80::1%eth0', '198.51.100.9'],
    ['203.0.113.1, , 198.51.100.9,, ,', '198.51.100.9'],
    [',198.51.100.9', '198.51.100.9'],
    // An entry that is no address ends the walk at the last good one.
    ['203.0.113.1, unknown, 10.0.0.1', '10.0.0.1'],
    ['203.0.113.1, unix:, 10.0.0.1', '10.0.0.1'],
    ['203.0.113.1, _hidden, 10.0.0.2, 10.0.0.1', '10.0.0.2'],
    ['203.0.113.1, 0x7f.1, 10.0.0.1', '10.0.0.1'],
    ['203.0.113.1, "198.51.100.9", 10.0.0.1', '10.0.0.1'],
  ])('walks X-Forwarded-For %s from the right to %s (http.md 3.4)', async (list, expected) => {
    expect(await addressOf(await boot(), { 'x-forwarded-for': list })).toBe(expected);
  });

  test('takes a client on the machine of its proxy for one, unless the networks of proxies are named', async () => {
    // nginx and a client of it on one machine: what that client invents is believed no more than anybody's.
    const list = { 'x-forwarded-for': '203.0.113.1, 127.0.0.1' };
    expect(await addressOf(await boot(), list)).toBe('127.0.0.1');
    // Two proxies on one machine look the same: then they have to be named.
    const named = await boot({ 'real_ip.trusted.subnets': '127.0.0.0/8' });
    expect(await addressOf(named, list)).toBe('203.0.113.1');
  });

  test('joins all lines of the header', async () => {
    const lines = ['203.0.113.1', '198.51.100.9', '10.0.0.1'];
    expect(await addressOf(await boot(), { 'x-forwarded-for': lines })).toBe('198.51.100.9');
  });

  test.each<Headers>([
    { 'x-forwarded-for': '198.51.100.9, unknown' },
    { 'x-forwarded-for': '' },
    { 'x-forwarded-for': ',' },
    { 'x-forwarded-for': `${'1'.repeat(8000)}` },
    // Headers of one value count where the operator names them, and nowhere else.
    { 'x-real-ip': '198.51.100.9', 'true-client-ip': '198.51.100.9', 'cf-connecting-ip': '198.51.100.9' },
    { forwarded: 'for=198.51.100.9' },
    {},
  ])('keeps ip:port of the peer for %j', async (headers) => {
    expect(await addressOf(await boot(), headers)).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('reads the header of one value that the operator names, instead of the list', async () => {
    const world = await boot({ 'real_ip.header': 'CF-Connecting-IP' });
    const list = { 'x-forwarded-for': '203.0.113.1', 'x-real-ip': '203.0.113.2' };
    expect(await addressOf(world, { ...list, 'cf-connecting-ip': '198.51.100.9' })).toBe('198.51.100.9');
    expect(await addressOf(world, { ...list, 'cf-connecting-ip': '[::2]:1' })).toBe('::2');
    for (const value of [
      undefined,
      'unknown',
      '198.51.100.9, 203.0.113.3',
      ['198.51.100.9', '203.0.113.3'],
    ]) {
      const named = value === undefined ? {} : { 'cf-connecting-ip': value };
      expect(await addressOf(world, { ...list, ...named })).toMatch(/^127\.0\.0\.1:/);
    }
    const walked = await boot({ 'real_ip.header': 'x-forwarded-for' });
    expect(await addressOf(walked, { 'x-forwarded-for': '203.0.113.1, 198.51.100.9' })).toBe('198.51.100.9');
  });

  test('believes no peer outside the trusted subnets, and no peer that has no address', async () => {
    const world = await boot({ 'real_ip.trusted.subnets': '10.0.0.0/8, ::1/128' });
    const headers = { 'x-forwarded-for': '198.51.100.9' };
    expect(await addressOf(world, headers)).toMatch(/^127\.0\.0\.1:/);
    expect(await addressOf(world, headers, '11.0.0.1')).toMatch(/^11\.0\.0\.1:/);
    expect(await addressOf(world, headers, '::ffff:11.0.0.1')).toMatch(/^11\.0\.0\.1:/);
    expect(await addressOf(world, headers, '')).not.toContain('198.51.100.9');
    for (const peer of ['10.9.9.9', '::ffff:10.9.9.9', '::1'])
      expect(await addressOf(world, headers, peer)).toBe('198.51.100.9');
  });

  test('believes the leftmost entry of every peer with trust_all, and says at load what that means', async () => {
    const world = await boot({ 'real_ip.trusted.subnets': '10.0.0.0/8', 'real_ip.trust_all': true });
    expect(await addressOf(world, { 'x-forwarded-for': ' , 198.51.100.9:1, 203.0.113.1' }, '11.0.0.1')).toBe(
      '198.51.100.9',
    );
    expect(await addressOf(world, { 'x-forwarded-for': 'unknown, 203.0.113.1' })).toMatch(/^127\.0\.0\.1:/);
    const warnings = (lines: HttpWorld['lines']) => lines.filter(({ level }) => level === 'warn');
    expect(warnings(world.lines)).toMatchObject([
      { event: 'real_ip believes everybody', fields: { option: 'real_ip.trust_all' } },
    ]);
    // A subnet of everything is the same in other words.
    for (const subnet of ['0.0.0.0/0', '::/0', '10.0.0.0/8, ::/0']) {
      const wide = await boot({ 'real_ip.trusted.subnets': subnet });
      expect(warnings(wide.lines)).toMatchObject([{ fields: { option: 'real_ip.trusted.subnets' } }]);
    }
    expect(warnings((await boot()).lines)).toEqual([]);
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '10/8', '0x7f.1/8', 'all', '10.0.0.0/8/8', '/8'])(
    'refuses the subnet %s at load: it must never widen trust (http.md 3.4)',
    async (subnet) => {
      await expect(boot({ trusted_subnets: subnet })).rejects.toThrow('expected a subnet');
    },
  );

  test.each(['X Real IP', 'X-Real-IP,', 'X-Real-IP:'])('refuses the header name %s at load', async (name) => {
    await expect(boot({ 'real_ip.header': name })).rejects.toThrow('the name of a header');
  });
});

describe('findClient()', () => {
  const trusted = parseSubnets(['10.0.0.0/8', '::1/128'], () => expect.unreachable());

  test('never gives an address to the left of one that is not trusted', () => {
    const entry = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('10.0.0.1', '::1', '10.0.0.2:80', '[::1]:9', 'unknown', '', ' '),
    );
    fc.assert(
      fc.property(fc.array(entry), fc.array(fc.constantFrom('10.0.0.1', '::1', '')), (invented, proxies) => {
        expect(findClient([...invented, '198.51.100.9', ...proxies].join(','), trusted)).toBe('198.51.100.9');
      }),
    );
  });

  test('looks at a bounded number of proxies, whatever is sent', () => {
    let looks = 0;
    const counting = { isEverything: false, covers: (ip: string) => ++looks > 0 && trusted.covers(ip) };
    expect(findClient(`198.51.100.9${',10.0.0.1'.repeat(10_000)}`, counting)).toBe('10.0.0.1');
    expect(looks).toBe(64);
    expect(findClient(','.repeat(10_000), counting)).toBeUndefined();
    expect(looks).toBe(64);
  });
});

describe('tryParseIp()', () => {
  test('never throws, and writes one address in one way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        const ip = tryParseIp(text);
        if (ip !== undefined) expect(tryParseIp(ip)).toBe(ip);
      }),
    );
  });
});
