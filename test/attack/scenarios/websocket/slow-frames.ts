import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';
import { pause } from '../../stranger.ts';

export const scenario: Scenario = {
  name: 'slow-frames',
  does: 'announces frames of a megabyte, sends them byte by byte or stops in the middle, and answers no ping',
  bound: 'wsrelay.ping.timeout ends the silent; what is held is what was sent (relay.md § 9)',
  async run({ stranger, victim, amount, expect, note, signal }) {
    const lines = await stranger.upgradeMany(amount(400, 100), '/echo');
    const frame = maskedFrame(2, Buffer.alloc(1_000_000));
    for (const [index, line] of lines.entries())
      void line.write(frame.subarray(0, index % 2 === 0 ? 14 : 500));
    const startedMs = performance.now();
    for (let at = 14; performance.now() - startedMs < 7000 && !signal.aborted; at++) {
      for (const [index, line] of lines.entries())
        if (index % 2 === 0) void line.write(frame.subarray(at, at + 1));
      await pause(100);
    }
    const silent = lines.filter((line, index) => index % 2 === 1 && !line.isEnded).length;
    expect(silent === 0, `those who went silent are dropped (${silent} are not)`);
    const { peakBytes } = await victim.worst();
    note(`${lines.length} connections`);
    expect(peakBytes < 200 * 1024 * 1024, 'an announced length is not allocated');
  },
};
