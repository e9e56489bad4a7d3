/** What strangers write in the head of a request, over a real socket (RFC 9112; `http.md` C11). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isHost } from '../../../src/http/exchange/request-target.ts';
import { bootHttp, type Handler, type HttpWorld, rawClient } from '../../support/http-world.ts';

/** Answers with the host it was asked for, and says that it ran. */
function asked(): { host: Handler; count(): number } {
  let count = 0;
  const host: Handler = ({ request, response }) => {
    count++;
    response.write(Buffer.from(`host=${request.host};`));
    return undefined;
  };
  return { host, count: () => count };
}

async function boot(): Promise<{ world: HttpWorld; port: number; count(): number }> {
  const handler = asked();
  const world = await bootHttp({ routes: { 'GET /x': handler.host, 'POST /x': handler.host } });
  const port = await world.listen();
  return { world, port, count: handler.count };
}

const answerTo = async (port: number, text: string): Promise<string> => {
  const client = await rawClient(port);
  client.send(text);
  client.socket.end();
  return client.closed();
};

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';

describe('the head of a request', () => {
  const get = (lines: string): string => `GET /x HTTP/1.1\r\n${lines}\r\n`;
  const post = (lines: string, version = '1.1'): string =>
    `POST /x HTTP/${version}\r\nHost: h\r\n${lines}\r\n`;
  const BAD_HOSTS = [
    ...[
      'a, b',
      'a,b',
      'a@b',
      'user:pass@a',
      'a b',
      'a\tb',
      'http://a',
      'a/b',
      'a?b',
      'a#b',
      'a\\b',
      '<a>',
      '"a"',
    ],
    ...['a:b', 'a:80:90', 'a:-1', 'a:65536', 'a:999999', ':80', ':abc', ':', '::1', '[::1', '[a]', '[::1]x'],
    ...['[::1%eth0]', '[1.2.3.4]', '%', 'a%2', 'a%zz', '\xe9.test', '{a}', 'a|b', '^'],
  ];

  test.each([
    ['no version', 'GET /x\r\n\r\n', 400],
    ['no version, but a host', 'GET /x\r\nHost: h\r\n\r\n', 400],
    ['version 0.9', 'GET /x HTTP/0.9\r\nHost: h\r\n\r\n', 400],
    ['a version that is not spoken', 'GET /x HTTP/2.0\r\nHost: h\r\n\r\n', 505],
    ['a version that does not exist', 'GET /x HTTP/1.7\r\nHost: h\r\n\r\n', 400],
    ['no host', get(''), 400],
    ['no host, upgrading', get(UPGRADE), 400],
    ['two hosts', get('Host: h\r\nHost: h\r\n'), 400],
    ['two hosts in other cases, upgrading', get(`Host: h\r\nHOST: i\r\n${UPGRADE}`), 400],
    ['two hosts before HTTP/1.1', 'GET /x HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n', 400],
    ['a bad host before HTTP/1.1', 'GET /x HTTP/1.0\r\nHost: a b\r\n\r\n', 400],
    ['a user in the target', 'GET http://a@b/x HTTP/1.1\r\nHost: b\r\n\r\n', 400],
    ['a target of another scheme', 'GET ftp://h/x HTTP/1.1\r\nHost: h\r\n\r\n', 400],
    ['the absolute form without a host line', 'GET http://h/x HTTP/1.1\r\n\r\n', 400],
    ['a folded line', get('Host: h\r\nX: a\r\n b\r\n'), 400],
    ['a folded host', get('Host: h\r\n i\r\n'), 400],
    ['a space before the colon', get('Host : h\r\n'), 400],
    ['a bare line feed', 'GET /x HTTP/1.1\nHost: h\n\n', 400],
    ['a line without a colon', get('Host: h\r\nX\r\n'), 400],
    ['a control character', get('Host: h\r\nX: a\x01b\r\n'), 400],
    ['a NUL', get('Host: h\r\nX: a\0b\r\n'), 400],
    ['a target that is no path', 'GET x HTTP/1.1\r\nHost: h\r\n\r\n', 400],
    ['bytes that are no ASCII in the target', 'GET /\xe9 HTTP/1.1\r\nHost: h\r\n\r\n', 400],
    ['chunks and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n'), 400],
    [
      'chunks and a length, upgrading',
      get(`Host: h\r\n${UPGRADE}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n`),
      400,
    ],
    ['a length twice', post('Content-Length: 3\r\nContent-Length: 3\r\n'), 400],
    ['a list of lengths', post('Content-Length: 3, 3\r\n'), 400],
    ['a signed length', post('Content-Length: +3\r\n'), 400],
    ['an empty length', post('Content-Length: \r\n'), 400],
    ['a body without an end', post('Transfer-Encoding: chunked, identity\r\n'), 400],
    ['an obscured coding', post('Transfer-Encoding: xchunked\r\n'), 400],
    ['an obscured coding before a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n'), 400],
    ['chunks twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'), 400],
    ['a coding nobody undoes', post('Transfer-Encoding: gzip, chunked\r\n'), 501],
    ['chunks before HTTP/1.1', post('Transfer-Encoding: chunked\r\n', '1.0'), 400],
    ['an upgrade with a body', get(`Host: h\r\n${UPGRADE}Content-Length: 3\r\n`), 400],
    ['an upgrade with chunks', get(`Host: h\r\n${UPGRADE}Transfer-Encoding: chunked\r\n`), 400],
    ...BAD_HOSTS.map((host): [string, string, number] => [
      `the host ${JSON.stringify(host)}`,
      get(`Host: ${host}\r\n`),
      400,
    ]),
  ])('with %s is refused, no handler runs and the connection ends', async (_what, text, status) => {
    const { port, count } = await boot();
    const answer = await answerTo(port, `${text}GET /x HTTP/1.1\r\nHost: h\r\n\r\n`);
    expect(answer.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1); // what followed was no second request
    expect(count()).toBe(0);
  });

  test.each<readonly [text: string, host: string]>([
    ['GET /x HTTP/1.0\r\n\r\n', ''],
    ['GET /x HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n', ''],
    ...[
      'a',
      'A.test',
      'a.test:8080',
      'a:',
      '1.2.3.4:80',
      '[::1]',
      '[2001:db8::1]:443',
      'a_b',
      'xn--e1afmkfd',
    ].map((host) => [`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, host] as const),
    // RFC 9112 3.2.2: the target's own host counts, whatever the line says.
    ['GET http://real.test:81/x HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n', 'real.test:81'],
    // RFC 9112 2.2: an empty line before the request is skipped.
    ['\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'a'],
    ['POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n0\r\n\r\n', 'a'],
    [`GET /x HTTP/1.1\r\nHost: a\r\n${UPGRADE}Content-Length: 0\r\n\r\n`, 'a'],
  ])('%j is answered', async (text, host) => {
    const { port } = await boot();
    expect(await answerTo(port, text)).toMatch(
      new RegExp(`^HTTP/1\\.1 200 [^]*host=${host.replace(/[[\]]/g, '\\$&')};`),
    );
  });
});

describe('isHost()', () => {
  test('takes every domain and address with every port, and never throws', () => {
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6().map((ip) => `[${ip}]`),
    );
    fc.assert(
      fc.property(host, fc.option(fc.integer({ min: 0, max: 65_535 })), (name, port) => {
        expect(isHost(port === null ? name : `${name}:${port}`)).toBe(true);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => typeof isHost(text) === 'boolean'));
  });
});
