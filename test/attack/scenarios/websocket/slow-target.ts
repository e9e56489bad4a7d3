import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';
import { pause } from '../../stranger.ts';

const MESSAGE = maskedFrame(2, Buffer.alloc(900_000, 'm'));

export const scenario: Scenario = {
  name: 'slow-target',
  does: 'sends messages of 900 KB on 60 connections to a program that takes 20 a second',
  bound: 'one byte budget for the relay: the largest are paused, the slowest closed with 1013 (relay.md L8)',
  machine: { heapMegabytes: 400 },
  async run({ stranger, amount, victim, note, signal }) {
    const lines = await stranger.upgradeMany(60, '/slow');
    const untilMs = performance.now() + amount(10_000, 4000);
    let sent = 0;
    await Promise.all(
      lines.map(async (line) => {
        while (performance.now() < untilMs && !signal.aborted && !line.isEnded) {
          const written = await Promise.race([line.write(MESSAGE), pause(500)]);
          if (written === true) sent++;
        }
      }),
    );
    const { peakBytes } = await victim.worst();
    note(`${sent} messages left, ${Math.round(peakBytes / 1e6)} MB at the worst moment`);
  },
};
