import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pid } from '../../../src/base/index.ts';
import { PROCESS_NAME_LENGTH_MAX } from '../../../src/base/index.ts';
import { isNameScope, type NameScope } from '../../../src/process/index.ts';
import { createProcessWorld } from '../../support/programs.ts';

describe('names.register()', () => {
  test('gives a name to one process only and tells who holds it (process.md 11.2, 19.10)', () => {
    const { system, start } = createProcessWorld();
    const [a, b] = [start(), start()];
    system.names.register('lobby', a.pid);
    system.names.register('lobby', a.pid);
    expect(() => system.names.register('lobby', b.pid)).toThrow(
      expect.objectContaining({ kind: 'AlreadyExists', details: { existing_pid: a.pid } }),
    );
    system.terminate(a.pid);
    system.names.register('lobby', b.pid);
    expect(system.names.lookup('lobby')).toBe(b.pid);
  });

  test('allows many names per process and releases them all at its end (process.md 11.3)', () => {
    const { system, start } = createProcessWorld();
    const { pid } = start();
    for (const name of ['a', 'b', 'c']) system.names.register(name, pid);
    expect(system.inspect()[0]?.names).toEqual(['a', 'b', 'c']);
    system.terminate(pid);
    expect(['a', 'b', 'c'].some((name) => system.isAlive(name))).toBe(false);
  });

  test.each(['', '{app:h|0x00001}', '{n@app:h|0x00001}'])('refuses the name %j (process.md 11.5)', (name) => {
    const { system, start } = createProcessWorld();
    const { pid } = start();
    expect(() => system.names.register(name, pid)).toThrow(expect.objectContaining({ kind: 'Invalid' }));
  });

  test('wants a live PID (process.md 11.1)', () => {
    const { system, start } = createProcessWorld();
    start({}, { name: 'other' });
    const register = (pid: string) => () => system.names.register('x', pid);
    expect(register('other')).toThrow(expect.objectContaining({ kind: 'Invalid' }));
    expect(register('{test:host|0x00099}')).toThrow(expect.objectContaining({ kind: 'NotFound' }));
  });
});

describe('names.lookup()', () => {
  test('says "name not registered" (process.md 11)', () => {
    const { system } = createProcessWorld();
    expect(() => system.names.lookup('lobby')).toThrow('name not registered');
    expect(() => system.names.lookup('lobby')).toThrow(expect.objectContaining({ kind: 'NotFound' }));
  });

  test('refuses a name longer than PROCESS_NAME_LENGTH_MAX', () => {
    const { system, start } = createProcessWorld();
    const { pid } = start();
    const name = 'x'.repeat(PROCESS_NAME_LENGTH_MAX + 1);
    expect(() => system.names.register(name, pid)).toThrow(/at most 1024 characters, got 1025/);
  });

  test('survives hostile names', () => {
    const { system, start } = createProcessWorld();
    const { pid } = start();
    for (const name of [
      '__proto__',
      'constructor',
      'toString',
      '\0',
      'x'.repeat(PROCESS_NAME_LENGTH_MAX),
      '{',
      '{}',
      '{|}',
    ]) {
      expect(system.isAlive(name)).toBe(false);
      system.names.register(name, pid);
      expect(system.names.lookup(name)).toBe(pid);
    }
  });
});

describe('names.unregister()', () => {
  test('by anybody for LOCAL, by owner or holder only for STRONG (process.md 11.4)', () => {
    const { system, start } = createProcessWorld();
    const [holder, owner, other] = [start(), start(), start()];
    system.names.register('weak', holder.pid);
    expect(system.names.unregister('weak', { caller: other.pid })).toBe(true);
    expect(system.names.unregister('weak', { caller: other.pid })).toBe(false);
    for (const caller of [holder.pid, owner.pid]) {
      system.names.register('strong', holder.pid, { scope: 3, owner: owner.pid });
      expect(system.names.unregister('strong', { scope: 3, caller: other.pid })).toBe(false);
      expect(system.names.unregister('strong', { scope: 3, caller })).toBe(true);
    }
  });

  test('refuses another scope than the name was registered with; lookup ignores it (process.md 11.6)', () => {
    const { system, start } = createProcessWorld();
    const { pid } = start();
    system.names.register('n', pid, { scope: 1 });
    expect(system.names.unregister('n')).toBe(false);
    expect(system.names.lookup('n')).toBe(pid);
    expect(system.names.unregister('n', { scope: 1 })).toBe(true);
  });

  test('a second registration by the same process cannot weaken the scope', () => {
    const { system, start } = createProcessWorld();
    const [holder, attacker] = [start(), start()];
    system.names.register('n', holder.pid, { scope: 3, owner: holder.pid });
    system.names.register('n', holder.pid, { scope: 0, owner: attacker.pid });
    expect(system.names.unregister('n', { scope: 0, caller: attacker.pid })).toBe(false);
    expect(system.names.unregister('n', { scope: 3, caller: attacker.pid })).toBe(false);
  });
});

test.each([0, 1, 2, 3])('isNameScope() accepts %d', (scope) => expect(isNameScope(scope)).toBe(true));
test.each([4, -1, 0.5, '0', null, undefined])('isNameScope() refuses %j', (scope) => {
  expect(isNameScope(scope)).toBe(false);
});

test('no name ever has two holders, and every held name leads to its holder', () => {
  const step = fc.record({
    do: fc.constantFrom('register', 'unregister', 'end', 'spawn'),
    name: fc.constantFrom('a', 'b', 'c'),
    who: fc.nat({ max: 4 }),
    scope: fc.constantFrom<NameScope>(0, 2),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { system, start } = createProcessWorld();
      const pids: Pid[] = Array.from({ length: 5 }, () => start().pid);
      for (const { do: action, name, who, scope } of steps) {
        const pid = pids[who]!;
        try {
          if (action === 'register') system.names.register(name, pid, { scope, owner: pid });
          else if (action === 'unregister') system.names.unregister(name, { scope, caller: pid });
          else if (action === 'end') system.terminate(pid);
          else pids[who] = start({}, { name }).pid ?? pid;
        } catch {
          // Refusals are part of the game; the tables must be right whatever was refused.
        }
        pids.forEach((known, index) => {
          if (!system.isAlive(known)) pids[index] = start().pid;
        });
        const holders = new Map<string, Pid>();
        for (const { pid: holder, names } of system.inspect()) {
          for (const held of names) {
            expect(holders.has(held)).toBe(false);
            holders.set(held, holder);
            expect(system.names.lookup(held)).toBe(holder);
          }
        }
        for (const free of ['a', 'b', 'c']) expect(system.isAlive(free)).toBe(holders.has(free));
      }
    }),
  );
});
