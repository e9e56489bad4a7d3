import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

const WAYS = ['loop', 'tables', 'text', 'sends', 'spawns'];

export const scenario: Scenario = {
  name: 'burning-programs',
  does: 'makes programs loop, fill tables, double a text, fill their own mailbox and start others, several at once',
  bound: 'slices of a turn (SCHEDULER_TURN_MS); bounded texts and mailboxes (vm.md S5, process.md § 5.7)',
  async run({ stranger, victim, amount, expect, note, signal }) {
    for (const how of WAYS) {
      for (let i = amount(3, 1); i > 0; i--) {
        const line = await stranger.request(requestHead('GET', `/burn?how=${how}`));
        expect(line.status === 200, `${how} starts (${line.status})`);
      }
    }
    const startedMs = performance.now();
    let burning = Number.POSITIVE_INFINITY;
    while (burning > 0 && performance.now() - startedMs < 50_000 && !signal.aborted) {
      await pause(500);
      burning = (await victim.usage()).processes['attack:burner'] ?? 0;
    }
    note(
      `${WAYS.length * amount(3, 1)} programs, over after ${Math.round(performance.now() - startedMs)} ms`,
    );
  },
};
