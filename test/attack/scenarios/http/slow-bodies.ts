import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

const PATIENCE_MS = 9000;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const SIZED = 'Content-Length: 1000000\r\n';

export const scenario: Scenario = {
  name: 'slow-bodies',
  does: 'announces bodies of a megabyte and sends them byte by byte, to handlers that read and to those that do not',
  bound: 'timeouts.read covers the body too (http.md 1.1)',
  async run({ stranger, amount, expect, note, signal }) {
    const lines = await stranger.connectMany(amount(300, 60));
    for (const [index, line] of lines.entries()) {
      const path = index % 3 === 0 ? '/hello' : index % 3 === 1 ? '/body' : '/form';
      const type = 'Content-Type: multipart/form-data; boundary=b\r\n';
      void line.write(requestHead('POST', path, (index % 2 === 0 ? SIZED : CHUNKED) + type));
    }
    const startedMs = performance.now();
    const isOpen = () => lines.some((line) => !line.isEnded);
    while (isOpen() && !signal.aborted && performance.now() - startedMs < PATIENCE_MS) {
      for (const [index, line] of lines.entries()) {
        if (!line.isEnded) void line.write(index % 2 === 0 ? 'x' : '1\r\nx\r\n');
      }
      await pause(50);
    }
    expect(!isOpen(), `all ${lines.length} connections are ended within ${PATIENCE_MS} ms`);
    note(`${lines.length} bodies, ended after ${Math.round(performance.now() - startedMs)} ms`);
  },
};
