import { expect, it } from 'vitest';
import { HubLocks, LOCKS_PER_PROCESS_MAX } from '../../../src/modules/system/locks.ts';

it('a process holds so many locks at most, and is watched while it holds one', () => {
  const watched = new Map<string, () => void>();
  const locks = new HubLocks((pid, ended) => {
    watched.set(pid, ended);
    return () => void watched.delete(pid);
  });
  const a = '{h|1}' as Parameters<HubLocks['acquire']>[1];
  const b = '{h|2}' as typeof a;
  for (let i = 0; i < LOCKS_PER_PROCESS_MAX; i++) locks.acquire(`l${i}`, a);
  expect(() => locks.acquire('one more', a)).toThrow(
    expect.objectContaining({ code: 'MH_SYSTEM_LOCKS_FULL' }),
  );
  locks.acquire('one more', b);
  expect(locks.release('one more', b)).toBe(true);
  expect([...watched.keys()]).toEqual([a]);
  watched.get(a)!();
  locks.acquire('l0', b);
  expect(locks.release('l0', a)).toBe(false);
});
