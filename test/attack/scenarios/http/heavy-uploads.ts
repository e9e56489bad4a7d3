import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

const BODY_BYTES = 8_000_000;
const PIECE = 'x'.repeat(100_000);

export const scenario: Scenario = {
  name: 'heavy-uploads',
  does: 'uploads bodies of 8 MB on many connections at once, slowly, to handlers that want them whole',
  bound: 'the byte budget: bodies under way wait in their sockets, or are answered 503 (relay.md L8)',
  machine: { heapMegabytes: 400 },
  async run({ stranger, victim, amount, note, expect, signal }) {
    const lines = await stranger.connectMany(amount(100, 30));
    const untilMs = performance.now() + amount(10_000, 4_000);
    let sent = 0;
    await Promise.all(
      lines.map(async (line) => {
        await line.write(requestHead('POST', '/body', `Content-Length: ${BODY_BYTES}\r\n`));
        for (let left = BODY_BYTES; left > 0 && !line.isEnded; left -= PIECE.length) {
          if (signal.aborted || performance.now() > untilMs) return;
          if ((await Promise.race([line.write(PIECE), pause(1_000)])) === true) sent += PIECE.length;
          await pause(20);
        }
      }),
    );
    const { peakBytes } = await victim.worst();
    note(`${Math.round(sent / 1e6)} MB left, ${Math.round(peakBytes / 1e6)} MB at the worst moment`);
    expect(peakBytes < 350_000_000, 'bodies of strangers do not fill the memory');
  },
};
