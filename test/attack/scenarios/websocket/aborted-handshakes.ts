import type { Scenario } from '../../scenario.ts';
import { pause, upgradeRequest } from '../../stranger.ts';

export const scenario: Scenario = {
  name: 'aborted-handshakes',
  does: 'sends 5,000 handshakes and goes: before, during and after the answer, with FIN or RST',
  bound: 'a connection whose socket is gone ends at once; its target gets its leave (relay.md G1)',
  async run({ stranger, amount, note }) {
    const count = amount(5000, 600);
    const stages = [0, 0, 1, 3, 10];
    for (let done = 0; done < count; done += 50) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const path = index % 2 === 0 ? '/echo' : '/keeper';
          const line = await stranger.connect();
          const request = upgradeRequest(path);
          // Some are cut in the middle of the head.
          const bytes = index % 7 === 0 ? request.slice(0, request.length >> 1) : request;
          void line.write(bytes);
          await pause(stages[index % stages.length]!);
          if (index % 3 === 0) line.reset();
          else line.destroy();
        }),
      );
    }
    note(`${count} handshakes`);
  },
};
