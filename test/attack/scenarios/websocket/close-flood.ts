import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  name: 'close-flood',
  does: 'closes, and goes on sending: data, closes, pings and garbage by the megabyte, without reading or ending',
  bound: 'what follows a close frame is read away until wsrelay.close.timeout (relay.md § 7)',
  async run({ stranger, amount, expect, note, signal }) {
    const lines = await stranger.upgradeMany(amount(100, 30), '/echo');
    const behind = Buffer.concat(Array.from({ length: 100 }, () => maskedFrame(1, 'x'.repeat(1000))));
    await Promise.all(
      lines.map(async (line, index) => {
        await line.write(maskedFrame(8, index % 2 === 0 ? '\x03\xe8' : ''));
        const untilMs = performance.now() + 5000;
        while (!line.socket.destroyed && performance.now() < untilMs && !signal.aborted) {
          if (!(await line.write(index % 3 === 0 ? behind : maskedFrame(8, '')))) return;
        }
      }),
    );
    const open = lines.filter((line) => !line.isEnded).length;
    expect(open === 0, `all are gone (${open} are not)`);
    note(`${lines.length} connections`);
  },
};
