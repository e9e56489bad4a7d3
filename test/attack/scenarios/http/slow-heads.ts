import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

const BYTE_EVERY_MS = 50;
/** `timeouts.read` of the application is 3 s, looked at every half second. */
const PATIENCE_MS = 7000;

export const scenario: Scenario = {
  name: 'slow-heads',
  does: 'sends the heads of many requests one byte at a time, and never comes to the end',
  bound: 'timeouts.read (http.md 1.1): 408, then the connection is closed',
  async run({ stranger, amount, expect, note, signal }) {
    const lines = await stranger.connectMany(amount(500, 100));
    const head = requestHead('GET', '/hello', `X-Long: ${'x'.repeat(4000)}`);
    const startedMs = performance.now();
    const isOpen = () => lines.some((line) => !line.isEnded);
    for (let at = 0; at < head.length && isOpen() && !signal.aborted; at++) {
      for (const line of lines) if (!line.isEnded) void line.write(head[at]!);
      await pause(BYTE_EVERY_MS);
      if (performance.now() - startedMs > PATIENCE_MS) break;
    }
    expect(!isOpen(), `all ${lines.length} connections are ended within ${PATIENCE_MS} ms`);
    expect(
      lines.every(({ status }) => status === 408 || status === 0),
      'those that are answered get 408',
    );
    note(`${lines.length} connections, ended after ${Math.round(performance.now() - startedMs)} ms`);
  },
};
