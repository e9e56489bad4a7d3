import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';

const MANY = 2000;

export const scenario: Scenario = {
  name: 'fragment-flood',
  does: 'sends messages in fragments of no byte and of one byte, without an end, with pings between them',
  bound: 'wsrelay.max.message.size counts bytes; fragments cost their sender (relay.md L1)',
  async run({ stranger, amount, note, signal }) {
    const packets = ['', 'x', 'xy'].map((text) =>
      Buffer.concat(Array.from({ length: MANY }, () => maskedFrame(0, text, { fin: false }))),
    );
    const lines = await stranger.upgradeMany(12, '/echo');
    const total = amount(300_000, 30_000);
    let sent = 0;
    await Promise.all(
      lines.map(async (line, index) => {
        await line.write(maskedFrame(index % 2 === 0 ? 1 : 2, '', { fin: false }));
        for (let done = 0; done < total && !signal.aborted && !line.isEnded; done += MANY) {
          if (!(await line.write(packets[index % packets.length]!))) return;
          if (index % 4 === 0) await line.write(maskedFrame(9, 'still here'));
          sent += MANY;
        }
      }),
    );
    const codes = new Set(lines.map(({ closeCode }) => closeCode));
    note(`${sent} fragments, closed with ${[...codes].join(' ')}`);
  },
};
