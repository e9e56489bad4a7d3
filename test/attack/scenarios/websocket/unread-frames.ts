import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

export const scenario: Scenario = {
  name: 'unread-frames',
  does: 'opens WebSockets and event streams whose program sends 500 KB every 5 ms, and reads nothing',
  bound: 'wsrelay.send.limit and SSE_QUEUED_BYTES_MAX: 1013, dropped (relay.md L5); the budget of all (L8)',
  async run({ stranger, victim, amount, expect, note }) {
    const count = amount(50, 16);
    const sockets = await stranger.upgradeMany(count, '/fountain?bytes=500000');
    const streams = await stranger.connectMany(count);
    for (const line of streams) void line.write(requestHead('GET', '/sse?bytes=500000'));
    for (const line of [...sockets, ...streams]) line.stopReading();
    const startedMs = performance.now();
    let processes = Number.POSITIVE_INFINITY;
    while (processes > 10 && performance.now() - startedMs < 20_000) {
      await pause(300);
      processes = (await victim.usage()).processCount;
    }
    expect(processes <= 10, `who does not read is dropped (${processes} processes are left)`);
    note(`${2 * count} readers, dropped after ${Math.round(performance.now() - startedMs)} ms`);
  },
};
