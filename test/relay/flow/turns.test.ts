import { describe, expect, test } from 'vitest';
import { Turns } from '../../../src/relay/flow/turns.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('Turns', () => {
  test('admits a megabyte of large chunks in one turn of the event loop (relay.md L8)', async () => {
    const clock = createFakeClock();
    const turns = new Turns(clock);
    const chunks = (count: number): boolean[] => Array.from({ length: count }, () => turns.admits(65_536));
    expect(chunks(16)).not.toContain(false);
    expect(chunks(2)).not.toContain(true);
    expect(turns.admits(100)).toBe(true);
    await clock.advance(0);
    expect(chunks(16)).not.toContain(false);
  });
});
