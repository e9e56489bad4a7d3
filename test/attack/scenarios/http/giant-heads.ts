import type { Scenario } from '../../scenario.ts';
import { requestHead, upgradeRequest } from '../../stranger.ts';

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `${line(index)}\r\n`).join('');

/** Each fits or does not fit into REQUEST_HEAD_BYTES_MAX; the host must say so either way. */
const HEADS: Readonly<Record<string, string>> = {
  'a header line of 1 MB': requestHead('GET', '/hello', `X-Big: ${'x'.repeat(1_000_000)}\r\n`),
  'a header name of 100 KB': requestHead('GET', '/hello', `${'X'.repeat(100_000)}: 1\r\n`),
  '100,000 headers': requestHead(
    'GET',
    '/hello',
    lines(100_000, (index) => `X-${index}: 1`),
  ),
  '1,900 short headers': requestHead(
    'GET',
    '/query',
    lines(1900, (index) => `${index}: 1`),
  ),
  '1,900 times one header': requestHead(
    'GET',
    '/query',
    lines(1900, () => 'a: 1'),
  ),
  '1,000 cookies': requestHead(
    'GET',
    '/query',
    lines(1000, (index) => `Cookie: ${index}=1`),
  ),
  '7,000 query parameters': requestHead('GET', `/query?${'a&'.repeat(7000)}`),
  '3,500 different parameters': requestHead('GET', `/query?${lines(1600, String).replaceAll('\r\n', '&')}`),
  'a query of percent signs': requestHead('GET', `/query?${'%'.repeat(15_000)}`),
  'a query of escapes': requestHead('GET', `/query?a=${'%41'.repeat(5000)}`),
  'a path of 15 KB': requestHead('GET', `/${'a/'.repeat(7500)}`),
  'a path of 1 MB': requestHead('GET', `/${'a'.repeat(1_000_000)}`),
  'a path of dots': requestHead('GET', `/public/${'../'.repeat(4000)}etc/passwd`),
  'a method of 10 KB': requestHead('X'.repeat(10_000), '/hello'),
  'a thousand subprotocols': upgradeRequest('/echo', `Sec-WebSocket-Protocol: ${'a,'.repeat(5000)}a\r\n`),
  'a thousand extensions': upgradeRequest(
    '/echo',
    `Sec-WebSocket-Extensions: ${'permessage-deflate; client_max_window_bits, '.repeat(300)}x\r\n`,
  ),
  'an extension of quotes': upgradeRequest('/echo', `Sec-WebSocket-Extensions: a="${'\\"'.repeat(5000)}\r\n`),
  'an origin of 15 KB': upgradeRequest('/echo', `Origin: http://${'a.'.repeat(7000)}b\r\n`),
  'accept of commas': requestHead('GET', '/hello', `Accept: ${','.repeat(15_000)}\r\n`),
  ranges: requestHead('GET', '/public/big.bin', `Range: bytes=${'0-1,'.repeat(3500)}5-6\r\n`),
  'if-none-match of tags': requestHead(
    'GET',
    '/public/big.bin',
    `If-None-Match: ${'"a",'.repeat(3500)}"b"\r\n`,
  ),
};

export const scenario: Scenario = {
  name: 'giant-heads',
  does: 'sends heads with long lines, thousands of headers, cookies, parameters, protocols and ranges',
  bound: 'REQUEST_HEAD_BYTES_MAX: 431; BYTE_RANGES_MAX (http.md C11, F5)',
  async run({ stranger, amount, expect, note }) {
    let slowest = { name: '', elapsedMs: 0 };
    for (const [name, head] of Object.entries(HEADS)) {
      for (let times = amount(20, 3); times > 0; times--) {
        const startedMs = performance.now();
        const line = await stranger.request(head);
        line.stopReading();
        const elapsedMs = performance.now() - startedMs;
        if (elapsedMs > slowest.elapsedMs) slowest = { name, elapsedMs };
        expect(line.status !== 0 || line.isEnded, `${name}: answered or closed`);
        expect(
          line.status < 500 || line.status === 501 || line.status === 505,
          `${name}: no fault of ours (${line.status})`,
        );
        line.destroy();
      }
    }
    note(`slowest: ${slowest.name} ${Math.round(slowest.elapsedMs)} ms`);
  },
};
