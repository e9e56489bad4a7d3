import { maskedFrame } from '../../../relay/wire.ts';
import type { Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  name: 'reconnect-storm',
  does: 'drops all its connections at once and comes back with all of them, again and again',
  bound: 'a connection costs its handshake; joins and leaves are counted once (relay.md G1)',
  async run({ stranger, amount, note, signal }) {
    const count = amount(500, 100);
    const rounds = amount(10, 4);
    const startedMs = performance.now();
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      const lines = await stranger.upgradeMany(count, round % 2 === 0 ? '/room' : '/echo');
      for (const [index, line] of lines.entries()) {
        if (index % 10 === 0) void line.write(maskedFrame(1, 'I am back'));
        if (index % 3 === 0) line.reset();
        else if (index % 3 === 1) line.destroy();
        else void line.write(maskedFrame(8, '\x03\xe9')).then(() => line.socket.end());
      }
    }
    note(`${count * rounds} connections in ${Math.round(performance.now() - startedMs)} ms`);
  },
};
