import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MiddlewareOptions } from '../../../src/http/middleware/middleware-options.ts';
import { createOriginPolicy, readAllowedOrigins } from '../../../src/relay/client/origin.ts';

const allows = (list: string, origin: string | undefined, host = 'app.example.com'): boolean =>
  createOriginPolicy(list).allows(origin, host);

describe('createOriginPolicy() without a list', () => {
  it('allows clients without an origin (relay.md O1)', () => {
    expect(allows('', undefined)).toBe(true);
  });

  it.each([
    ['http://app.example.com', 'app.example.com'],
    ['https://app.example.com', 'app.example.com'], // scheme is not compared: TLS ends at a proxy
    ['http://app.example.com:8080', 'app.example.com:8080'],
    ['HTTP://APP.example.COM', 'app.Example.com'],
    ['http://app.example.com:80', 'app.example.com'],
    ['http://app.example.com', 'app.example.com:80'],
    ['https://app.example.com', 'app.example.com:443'],
    ['http://[::1]:3000', '[::1]:3000'],
  ])('allows %s on host %s (relay.md O2, O3)', (origin, host) => {
    expect(allows('', origin, host)).toBe(true);
  });

  it.each([
    ['http://other.example.com', 'app.example.com'],
    ['http://app.example.com:8080', 'app.example.com'],
    ['http://app.example.com', 'app.example.com:443'],
    ['https://app.example.com', 'app.example.com:80'],
    ['http://app.example.com.evil.test', 'app.example.com'],
    ['null', 'app.example.com'],
  ])('refuses %s on host %s (relay.md O4)', (origin, host) => {
    expect(allows('', origin, host)).toBe(false);
  });

  it('says that it allows the same host only, also for a list of nothing', () => {
    expect(createOriginPolicy('').isSameHostOnly).toBe(true);
    expect(createOriginPolicy(' , ,').isSameHostOnly).toBe(true);
    expect(createOriginPolicy('a.test').isSameHostOnly).toBe(false);
  });
});

describe('createOriginPolicy() with a list', () => {
  it.each([
    ['https://app.example.com', 'https://app.example.com'],
    ['https://app.example.com/', 'https://app.example.com'],
    ['https://app.example.com', 'https://app.example.com:443'],
    ['https://app.example.com:443', 'https://app.example.com'],
    ['app.test', 'https://app.test'],
    ['app.test', 'http://app.test:80'],
    ['app.test:80', 'http://app.test'],
    [' a.test , b.test', 'http://b.test'],
    ['*.example.com', 'https://a.example.com'],
    ['*.example.com', 'https://a.b.example.com'],
    ['*.example.com:*', 'https://a.example.com:8443'],
    ['https://*.example.com', 'https://a.example.com'],
    ['app?.test', 'http://app1.test'],
    ['app[12].test', 'http://app2.test'],
    ['app[!12].test', 'http://app3.test'],
    ['app[a-c].test', 'http://appb.test'],
    ['localhost', 'http://localhost:5173'],
    ['localhost', 'https://localhost'],
    ['[::1]:3000', 'http://[::1]:3000'],
    ['*', 'https://anything.test:1'],
    ['*', 'null'],
    ['null', 'null'],
    ['HTTPS://App.Example.com', 'https://app.example.COM'],
  ])('%s allows %s (relay.md O5-O10)', (list, origin) => {
    expect(allows(list, origin, 'server.test')).toBe(true);
  });

  it.each([
    ['https://app.example.com', 'http://app.example.com'],
    ['https://app.example.com', 'https://app.example.com:8443'],
    ['*.example.com', 'https://example.com'],
    ['*.example.com', 'https://badexample.com'],
    ['*.example.com:*', 'https://a.example.com'],
    ['*.example.com', 'https://a.example.com:8443'],
    ['app.test:80', 'https://app.test'],
    ['localhost', 'http://localhost.evil.test'],
    ['app.test', 'http://appXtest'],
    ['app[12].test', 'http://app3.test'],
    ['a.test', 'null'],
    ['*.test', 'null'],
  ])('%s refuses %s (relay.md O6-O9)', (list, origin) => {
    expect(allows(list, origin, 'server.test')).toBe(false);
  });

  it.each([
    '',
    'app.test',
    'http://',
    'http://app.test/',
    'http://app.test/path',
    'http://user@app.test',
    'http://app.test:99999',
    'http://app.test:x',
    'http://app.test#',
    'http://app.test http://evil.test',
    'http://app.test\\@evil.test',
    'http://[::1',
    `http://${'a'.repeat(600)}.test`,
  ])('refuses what is no origin: %s (relay.md O11)', (origin) => {
    expect(allows('*.test, app.test', origin, 'server.test')).toBe(false);
  });

  it('matches a pattern of many stars without trying every split', () => {
    const policy = createOriginPolicy(`${'*a'.repeat(30)}b.test`);
    expect(policy.allows(`http://${'a'.repeat(240)}.test`, 'server.test')).toBe(false);
    expect(policy.allows(`http://${'a'.repeat(240)}b.test`, 'server.test')).toBe(true);
  });

  it('never throws, whatever the list and the origin hold', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (list, origin, host) => {
        expect(typeof createOriginPolicy(list).allows(origin, host)).toBe('boolean');
      }),
    );
  });

  it('allows an origin that is listed as it stands', () => {
    fc.assert(
      fc.property(fc.domain(), fc.option(fc.integer({ min: 1, max: 65_535 })), (domain, port) => {
        const origin = `https://${domain}${port === null ? '' : `:${port}`}`;
        expect(allows(origin, origin, 'server.test')).toBe(true);
      }),
    );
  });
});

describe('readAllowedOrigins()', () => {
  const given = (options: Record<string, string>): MiddlewareOptions =>
    new MiddlewareOptions(new Map(Object.entries(options)));

  it('falls back to the shared keys in order, and not from an empty one (relay.md § 1)', () => {
    const key = 'wsrelay.allowed.origins';
    expect(readAllowedOrigins(given({ allowed_origins: 'c', allow_origins: 'b', [key]: 'a' }), key)).toBe(
      'a',
    );
    expect(readAllowedOrigins(given({ allowed_origins: 'c', allow_origins: 'b' }), key)).toBe('b');
    expect(readAllowedOrigins(given({ allowed_origins: 'c' }), key)).toBe('c');
    expect(readAllowedOrigins(given({ allowed_origins: 'c', [key]: '' }), key)).toBe('');
    expect(readAllowedOrigins(given({}), key)).toBe('');
  });
});
