import type { Scenario } from '../../scenario.ts';
import { post } from '../../stranger.ts';

const TYPE = 'Content-Type: multipart/form-data; boundary=b\r\n';
const part = (name: string, body: string, rest = ''): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n${body}\r\n`;

/** Bodies and the header that announces them. */
const FORMS: Readonly<Record<string, readonly [string, string]>> = {
  '100,000 parts': [`${part('a', '1').repeat(100_000)}--b--`, TYPE],
  '100,000 files': [`${part('a', '1', '; filename="f"').repeat(80_000)}--b--`, TYPE],
  'no end': [part('a', 'x'.repeat(1_000_000)), TYPE],
  'almost boundaries': [`${part('a', '\r\n--'.repeat(1_500_000))}--b--`, TYPE],
  'a header of 4 MB': [`--b\r\nX: ${'x'.repeat(4_000_000)}\r\n\r\n1\r\n--b--`, TYPE],
  '500,000 headers': [`--b\r\n${'X: 1\r\n'.repeat(500_000)}\r\n1\r\n--b--`, TYPE],
  'a name of 1 MB': [`${part('n'.repeat(1_000_000), '1')}--b--`, TYPE],
  'a file of 8 MB': [`${part('f', 'x'.repeat(8_000_000), '; filename="f"')}--b--`, TYPE],
  parameters: [`--b\r\nContent-Disposition: form-data${'; a="b"'.repeat(100_000)}\r\n\r\n1\r\n--b--`, TYPE],
  'a boundary of 10 KB': [
    'x'.repeat(100_000),
    `Content-Type: multipart/form-data; boundary=${'b'.repeat(10_000)}\r\n`,
  ],
  'no boundary': ['x', 'Content-Type: multipart/form-data\r\n'],
  'a million fields': ['a=1&'.repeat(1_000_000), 'Content-Type: application/x-www-form-urlencoded\r\n'],
  escapes: [`a=${'%41'.repeat(2_000_000)}`, 'Content-Type: application/x-www-form-urlencoded\r\n'],
};

export const scenario: Scenario = {
  name: 'multipart-bombs',
  does: 'posts forms of thousands of parts, headers and files, without an end, with almost-boundaries',
  bound: 'MULTIPART_PARTS_MAX and max_body (http.md 5.3)',
  async run({ stranger, expect, note }) {
    let slowest = { name: '', elapsedMs: 0 };
    for (const [name, [body, type]] of Object.entries(FORMS)) {
      const startedMs = performance.now();
      const line = await stranger.request(post('/form', body, type), 15_000);
      await line.until(() => line.isEnded, 1000);
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs > slowest.elapsedMs) slowest = { name, elapsedMs };
      expect([200, 400, 413].includes(line.status), `${name}: answered (${line.status})`);
    }
    note(`slowest: ${slowest.name} ${Math.round(slowest.elapsedMs)} ms`);
  },
};
