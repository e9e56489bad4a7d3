import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';
import { pause } from '../../stranger.ts';

export const scenario: Scenario = {
  name: 'broadcast-storm',
  does: 'fills a room with clients that all talk at once; a tenth of them never reads',
  bound: 'a message is copied and encoded once for all; who does not read is closed alone (relay.md L5)',
  // Everything the host can do is asked for: ordinary clients share what is left.
  allows: { p99Ms: 1500 },
  async run({ stranger, amount, note, expect, signal }) {
    const lines = await stranger.upgradeMany(100, '/room');
    for (const [index, line] of lines.entries()) if (index % 10 === 0) line.stopReading();
    const text = maskedFrame(1, 'b'.repeat(10_000));
    const rounds = amount(60, 15);
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      for (const [index, line] of lines.entries()) if (index % 10 === round % 10) void line.write(text);
      await pause(100);
    }
    const readers = lines.filter((_, index) => index % 10 !== 0);
    const lost = readers.filter((line) => line.isEnded).length;
    expect(lost === 0, `who reads stays (${lost} were closed)`);
    note(`${rounds * 10} messages to 100 clients`);
  },
};
