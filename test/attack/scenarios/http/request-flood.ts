import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

/** Connections and requests in each of their packets. */
const CONNECTIONS = 50;
const PIPELINED = 16;

export const scenario: Scenario = {
  name: 'request-flood',
  does: 'sends requests on 50 connections, 16 in every packet, as fast as they are answered',
  bound: 'turns of SCHEDULER_TURN_MS, PIPELINED_REQUESTS_MAX (http.md C11)',
  // Hundreds of requests are ahead of everybody at every moment.
  allows: { p99Ms: 3000 },
  async run({ stranger, amount, note, expect, signal }) {
    const lines = await stranger.connectMany(CONNECTIONS);
    const packet = requestHead('GET', '/hello').repeat(PIPELINED);
    const untilMs = performance.now() + amount(8000, 2500);
    let answers = 0;
    await Promise.all(
      lines.map(async (line) => {
        while (performance.now() < untilMs && !signal.aborted && !line.isEnded) {
          const before = line.receivedBytes;
          await line.write(packet);
          if (!(await line.until(() => line.receivedBytes > before, 10_000))) break;
          answers += PIPELINED;
          await pause(0);
        }
      }),
    );
    note(`${answers} requests`);
    expect(answers > 500, 'requests are answered');
  },
};
