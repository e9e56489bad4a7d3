import type { Scenario } from '../../scenario.ts';

const HOST = 'Host: 127.0.0.1\r\n';

/** What is no request; none may be answered as if it were one. */
const REFUSED: Readonly<Record<string, string>> = {
  'two lengths': `POST /body HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  'a list of lengths': `POST /body HTTP/1.1\r\n${HOST}Content-Length: 1, 1\r\n\r\na`,
  'length and chunks': `POST /body HTTP/1.1\r\n${HOST}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'a negative length': `POST /body HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\n`,
  'a length of words': `POST /body HTTP/1.1\r\n${HOST}Content-Length: ten\r\n\r\n`,
  'a signed length': `POST /body HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\na`,
  'an unknown coding': `POST /body HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\n`,
  'chunked twice over': `POST /body HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n`,
  'a space before the colon': `GET /hello HTTP/1.1\r\n${HOST}X : 1\r\n\r\n`,
  'a folded header': `GET /hello HTTP/1.1\r\n${HOST}X: 1\r\n 2\r\n\r\n`,
  'a NUL in a header': `GET /hello HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`,
  'a bare CR in a header': `GET /hello HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`,
  'no host': 'GET /hello HTTP/1.1\r\n\r\n',
  'two hosts': `GET /hello HTTP/1.1\r\n${HOST}Host: b\r\n\r\n`,
  'HTTP/3.0': `GET /hello HTTP/3.0\r\n${HOST}\r\n`,
  'a space in the path': `GET /hello world HTTP/1.1\r\n${HOST}\r\n`,
  'no path': `GET HTTP/1.1\r\n${HOST}\r\n`,
  garbage: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'the HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a chunk size of 2^64': `POST /body HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n`,
  'a chunk size of words': `POST /body HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
};

/** Ways out of a served folder; none may be answered with what lies outside. */
const WAYS_OUT = [
  '/public/../_index.yaml',
  '/public/..%2f_index.yaml',
  '/public/%2e%2e/_index.yaml',
  '/public/%2e%2e%2f_index.yaml',
  '/public/..%5c_index.yaml',
  '/public/..\\_index.yaml',
  '/public/.%00./_index.yaml',
  '/public/small.txt%00.png',
  '/public//etc/passwd',
  '/public/%252e%252e/_index.yaml',
  '/public/....//_index.yaml',
  '/public/..;/_index.yaml',
  '/public/%c0%ae%c0%ae/_index.yaml',
  '/public/./././../_index.yaml',
  'http://127.0.0.1/public/../_index.yaml',
  '/../../../../../../etc/passwd',
];

export const scenario: Scenario = {
  name: 'odd-heads',
  does: 'sends heads that are none, two framings at once, and paths that lead out of a folder',
  bound: 'contradictory framing is 400, no path leaves a served folder (http.md F2, RFC 9112)',
  async run({ stranger, expect, note }) {
    for (const [name, text] of Object.entries(REFUSED)) {
      const line = await stranger.request(Buffer.from(text, 'latin1'), 5000);
      expect(line.isEnded || (line.status >= 400 && line.status < 600), `${name}: refused (${line.status})`);
      expect(!/^HTTP\/1\.1 (?:2|500)/.test(line.text), `${name}: not taken for a request (${line.status})`);
      line.destroy();
    }
    for (const path of WAYS_OUT) {
      const line = await stranger.request(`GET ${path} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
      await line.until(() => line.isEnded, 2000);
      expect(!/namespace:|root:/.test(line.text), `${path}: stays inside`);
      expect(line.status >= 300 && line.status < 500, `${path}: refused (${line.status})`);
    }
    note(`${Object.keys(REFUSED).length} heads, ${WAYS_OUT.length} paths`);
  },
};
