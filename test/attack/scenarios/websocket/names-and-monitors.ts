import type { Scenario } from '../../scenario.ts';

export const scenario: Scenario = {
  name: 'names-and-monitors',
  does: 'opens thousands of connections that a program names and monitors, and goes with all of them at once',
  bound: 'NAMES_PER_PROCESS_MAX, MAILBOX_EVENTS_MAX; nothing mentions the dead (process.md § 9)',
  async run({ stranger, victim, amount, expect, note }) {
    const count = amount(3000, 400);
    const lines = await stranger.upgradeMany(count, '/keeper');
    const { names } = await victim.usage();
    expect(names >= count, `every connection has its name (${names} of ${count})`);
    for (const line of lines) line.reset();
    note(`${count} connections, ${names} names`);
  },
};
