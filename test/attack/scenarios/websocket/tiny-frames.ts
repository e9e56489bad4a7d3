import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';

const PER_PACKET = 2000;

export const scenario: Scenario = {
  name: 'tiny-frames',
  does: 'sends a million frames of one byte on four connections and reads nothing of what comes back',
  bound: 'wsrelay.mailbox.limit pauses, wsrelay.send.limit closes with 1013 (relay.md L2, L5)',
  limitMs: 120_000,
  async run({ stranger, amount, note, signal }) {
    const total = amount(1_000_000, 100_000);
    const packet = Buffer.concat(Array.from({ length: PER_PACKET }, () => maskedFrame(1, 'x')));
    const lines = await stranger.upgradeMany(4, '/echo');
    let sent = 0;
    await Promise.all(
      lines.map(async (line, index) => {
        if (index % 2 === 0) line.stopReading();
        for (let done = 0; done < total / 4 && !signal.aborted; done += PER_PACKET) {
          if (!(await line.write(packet))) return;
          sent += PER_PACKET;
        }
      }),
    );
    note(`${sent} frames sent`);
  },
};
