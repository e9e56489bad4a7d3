import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';

const PER_PACKET = 500;

export const scenario: Scenario = {
  name: 'ping-flood',
  does: 'sends pings and pongs of 125 bytes on ten connections, half of which read nothing',
  bound: 'no pong is queued behind wsrelay.send.limit; RFC 6455 5.5.3 asks for the latest only',
  async run({ stranger, amount, note, signal }) {
    const lines = await stranger.upgradeMany(10, '/echo');
    const total = amount(1_000_000, 100_000) / lines.length;
    const packet = Buffer.concat(
      Array.from({ length: PER_PACKET }, (_, index) =>
        maskedFrame(index % 5 === 0 ? 10 : 9, 'p'.repeat(125)),
      ),
    );
    let sent = 0;
    await Promise.all(
      lines.map(async (line, index) => {
        if (index % 2 === 0) line.stopReading();
        for (let done = 0; done < total && !signal.aborted; done += PER_PACKET) {
          if (!(await line.write(packet))) return;
          sent += PER_PACKET;
        }
      }),
    );
    note(`${sent} pings and pongs`);
  },
};
