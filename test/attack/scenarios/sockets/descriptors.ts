import type { Scenario } from '../../scenario.ts';
import { pause, requestHead } from '../../stranger.ts';

export const scenario: Scenario = {
  name: 'descriptors',
  does: 'opens more connections than the host has descriptors, and holds them',
  bound:
    'the system (EMFILE at accept): nothing dies, nothing spins, and it goes on when there are some again',
  machine: { descriptorsMax: 200 },
  allows: { newcomers: true },
  async run({ stranger, victim, expect, note }) {
    const lines = Array.from({ length: 400 }, () => stranger.dial());
    await pause(1000);
    await victim.mark();
    await pause(1500);
    const { cpuShare } = await victim.worst();
    expect(
      cpuShare < 0.6,
      `the host does not spin while nothing is left (${Math.round(cpuShare * 100)}% of a core)`,
    );
    for (const line of lines) if (Math.random() < 0.5) line.reset();
    for (const line of lines) line.destroy();
    await pause(300);
    // What waited in the backlog is taken and found gone; then there is room.
    let status = 0;
    for (let tries = 0; tries < 20 && status !== 200; tries++) {
      try {
        status = (await stranger.request(requestHead('GET', '/hello'), 500)).status;
      } catch {
        await pause(100);
      }
    }
    expect(status === 200, 'a newcomer is served again');
    note(`CPU ${Math.round(cpuShare * 100)}% without descriptors`);
  },
};
