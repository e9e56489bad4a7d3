import { describe, expect, test } from 'vitest';
import { bootHttp, type Handler } from '../../support/http-world.ts';

const address: Handler = ({ request, response }) => {
  response.write(Buffer.from(request.remoteAddress));
  return undefined;
};

const boot = (options = {}) =>
  bootHttp({ router: { middleware: ['real_ip'], options }, routes: { 'GET /x': address } });

describe('real_ip', () => {
  test.each([
    [{ 'true-client-ip': '9.9.9.9', 'x-real-ip': '8.8.8.8' }, '9.9.9.9'],
    [{ 'x-real-ip': '8.8.8.8', 'x-forwarded-for': '7.7.7.7' }, '8.8.8.8'],
    [{ 'x-forwarded-for': '7.7.7.7, 10.0.0.1' }, '7.7.7.7'],
    [{ 'x-real-ip': '2001:db8::1' }, '2001:db8::1'],
  ])('believes a trusted peer: %j (http.md 3.4)', async (headers, expected) => {
    const world = await boot();
    expect((await world.inject({ url: '/x', headers })).body).toBe(expected);
  });

  test.each([
    { 'x-real-ip': 'localhost' },
    { 'x-real-ip': '1.2.3.4:5' },
    { 'x-forwarded-for': 'unknown, 1.2.3.4' },
    {},
  ])('keeps ip:port of the peer for %j', async (headers) => {
    const world = await boot();
    expect((await world.inject({ url: '/x', headers })).body).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('does not believe a peer outside the trusted subnets', async () => {
    const world = await boot({ 'real_ip.trusted.subnets': '10.0.0.0/8, ::1/128' });
    const answer = await world.inject({ url: '/x', headers: { 'x-real-ip': '8.8.8.8' } });
    expect(answer.body).toMatch(/^127\.0\.0\.1:/);
  });

  test('believes every peer with trust_all', async () => {
    const world = await boot({ 'real_ip.trusted.subnets': '10.0.0.0/8', 'real_ip.trust_all': true });
    expect((await world.inject({ url: '/x', headers: { 'x-real-ip': '8.8.8.8' } })).body).toBe('8.8.8.8');
  });

  test.each(['10.0.0.0', '10.0.0.0/33', '10/8', '0x7f.1/8', 'all', '10.0.0.0/8/8', '/8'])(
    'refuses the subnet %s at load: it must never widen trust (http.md 3.4)',
    async (subnet) => {
      await expect(boot({ trusted_subnets: subnet })).rejects.toThrow('expected a subnet');
    },
  );
});
