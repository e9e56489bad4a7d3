import type { Scenario } from '../../scenario.ts';

/** `timeouts.read` is 3 s and `timeouts.idle` 5 s. */
const PATIENCE_MS = 10_000;

export const scenario: Scenario = {
  name: 'idle-connections',
  does: 'makes connections and says nothing, or half a request, or one request and then nothing, or ends its side only',
  bound: 'timeouts.read and timeouts.idle (http.md 1.1)',
  async run({ stranger, amount, expect, note }) {
    const lines = await stranger.connectMany(amount(1000, 200));
    for (const [index, line] of lines.entries()) {
      if (index % 4 === 1) void line.write('GET /hello HTTP/1.1\r\nHo');
      if (index % 4 === 2) void line.write('GET /hello HTTP/1.1\r\nHost: a\r\n\r\n');
      if (index % 4 === 3) line.socket.end();
    }
    const startedMs = performance.now();
    await Promise.all(lines.map((line) => line.endsWithin(PATIENCE_MS)));
    const open = lines.filter((line) => !line.isEnded).length;
    expect(open === 0, `all are ended within ${PATIENCE_MS} ms (${open} are not)`);
    note(`${lines.length} connections, ended after ${Math.round(performance.now() - startedMs)} ms`);
  },
};
