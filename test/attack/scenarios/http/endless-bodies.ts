import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

const CHUNK = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
const TINY = '1\r\nx\r\n'.repeat(10_000);
const EXTENDED = `1;${'e'.repeat(15_000)}\r\nx\r\n`.repeat(4);

export const scenario: Scenario = {
  name: 'endless-bodies',
  does: 'sends chunked bodies that never end: large chunks, chunks of one byte, chunks with long extensions',
  bound: 'max_body: 413 (http.md 5.2); timeouts.read; Node bounds chunk extensions',
  // A chunk of one byte costs as much as a long one: the host is busy, and its answers are late.
  allows: { p99Ms: 3000 },
  async run({ stranger, amount, expect, note, signal }) {
    const bodies = [CHUNK, TINY, EXTENDED];
    const lines = await stranger.connectMany(amount(30, 9));
    let sent = 0;
    await Promise.all(
      lines.map(async (line, index) => {
        await line.write(
          requestHead('POST', index % 2 === 0 ? '/body' : '/hello', 'Transfer-Encoding: chunked\r\n'),
        );
        const part = bodies[index % bodies.length]!;
        const untilMs = performance.now() + 8000;
        while (!line.isEnded && !signal.aborted && performance.now() < untilMs) {
          const written = await Promise.race([line.write(part), pause(1000).then(() => true)]);
          if (!written) break;
          sent += part.length;
        }
      }),
    );
    const open = lines.filter((line) => !line.isEnded).length;
    expect(open === 0, `every body is ended (${open} go on)`);
    note(`${Math.round(sent / 1e6)} MB sent`);
  },
};
