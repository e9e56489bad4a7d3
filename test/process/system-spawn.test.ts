import { describe, expect, test } from 'vitest';
import { HubError, type Pid } from '../../src/base/index.ts';
import { createProcessWorld, done, fail, ScriptedProgram } from '../support/programs.ts';

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (thrown) {
    return thrown instanceof HubError ? thrown.code : String(thrown);
  }
  return undefined;
}

describe('system.spawn()', () => {
  test('refuses an unknown host, naming it in the details (process.md 2.1)', () => {
    const { system } = createProcessWorld();
    try {
      system.spawn({ entryId: 'app:a', hostId: 'app:nowhere' });
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({
        code: 'MH_PROCESS_HOST_NOT_FOUND',
        kind: 'NotFound',
        details: { host_id: 'app:nowhere' },
      });
      expect(String(thrown)).toContain('host not found');
    }
  });

  test('looks for the host before the entry (process.md 2.1, 2.2)', () => {
    const { system } = createProcessWorld();
    expect(codeOf(() => system.spawn({ entryId: 'app:none', hostId: 'app:none' }))).toBe(
      'MH_PROCESS_HOST_NOT_FOUND',
    );
    expect(codeOf(() => system.spawn({ entryId: 'app:none', hostId: 'test:host' }))).toBe(
      'MH_PROCESS_ENTRY_NOT_FOUND',
    );
  });

  test.each(['', 'nocolon', ':name', 'ns:'])('refuses the ID %j as malformed (process.md 2.2)', (entryId) => {
    const { system } = createProcessWorld();
    expect(codeOf(() => system.spawn({ entryId, hostId: 'test:host' }))).toBe('MH_PROCESS_ARGUMENT_INVALID');
  });

  test('refuses a host that is declared, stopping or stopped (process.md 2.1, 15.2)', async () => {
    const { system, source } = createProcessWorld();
    source.makers.set('app:a', () => new ScriptedProgram());
    system.declareHost('app:declared');
    const spawn = (hostId: string) => codeOf(() => system.spawn({ entryId: 'app:a', hostId }));
    expect(spawn('app:declared')).toBe('MH_PROCESS_HOST_STOPPED');
    await system.closeHost('test:host', { reason: '', timeoutMs: 0 });
    expect(spawn('test:host')).toBe('MH_PROCESS_HOST_STOPPED');
    system.openHost('test:host');
    expect(spawn('test:host')).toBeUndefined();
  });

  test('runs init before it returns and the first step after (process.md 2.3, 2.6)', () => {
    const { system, source, clock } = createProcessWorld();
    const order: string[] = [];
    source.makers.set(
      'app:a',
      () =>
        new ScriptedProgram({
          init: (self) => void order.push(`init ${self.args.join()}`),
          step: () => {
            order.push('main');
            return done();
          },
        }),
    );
    system.spawn({ entryId: 'app:a', hostId: 'test:host', args: [1, 2] });
    order.push('returned');
    clock.flush();
    expect(order).toEqual(['init 1,2', 'returned', 'main']);
  });

  test('numbers PIDs in hexadecimal across hosts, padded to five digits (process.md 1.4)', () => {
    const { system } = createProcessWorld();
    const spawn = (hostId: string): Pid => system.spawnProgram({ hostId, program: new ScriptedProgram() });
    expect([spawn('app:a'), spawn('app:b')]).toEqual(['{app:a|0x00001}', '{app:b|0x00002}']);
    for (let i = 3; i < 16; i++) spawn('app:a');
    expect(spawn('app:a')).toBe('{app:a|0x00010}');
  });

  test('leaves no trace of a program whose init throws (process.md 2.4)', () => {
    const { system, clock, start } = createProcessWorld();
    const parent = start();
    const program = new ScriptedProgram({
      init: (self) => {
        system.names.register('mine', self.pid);
        system.monitor(parent.pid, self.pid);
        system.send(self.pid, self.pid, 'note', []);
        throw new Error('boom at top level');
      },
    });
    const spawn = () =>
      system.spawnProgram({ hostId: 'test:host', program, caller: parent.pid, monitor: true, name: 'n' });
    expect(spawn).toThrow('boom at top level');
    expect(spawn).toThrow(expect.objectContaining({ code: 'MH_PROCESS_LOAD_FAILED', kind: 'Internal' }));
    clock.flush();
    expect(parent.events).toEqual([]);
    expect(system.processCount).toBe(1);
    expect([system.isAlive('n'), system.isAlive('mine')]).toEqual([false, false]);
    expect(program.closes).toBe(2);
    expect(system.inspect()[0]?.monitors).toEqual([]);
  });

  test('passes a coded error of init on as it is', () => {
    const { system } = createProcessWorld();
    const program = new ScriptedProgram({
      init: () => {
        throw new HubError('MH_PROCESS_METHOD_NOT_FOUND', { message: 'method "main" not found in module' });
      },
    });
    expect(codeOf(() => system.spawnProgram({ hostId: 'h:h', program }))).toBe('MH_PROCESS_METHOD_NOT_FOUND');
  });

  test('fails when the top level ends its own process', () => {
    const { system } = createProcessWorld();
    const program = new ScriptedProgram({ init: (self) => system.terminate(self.pid) });
    expect(codeOf(() => system.spawnProgram({ hostId: 'h:h', program }))).toBe('MH_PROCESS_LOAD_FAILED');
    expect(system.processCount).toBe(0);
  });

  test('takes down what a failed top level had linked to itself', () => {
    const { system, start } = createProcessWorld();
    const other = start();
    const program = new ScriptedProgram({
      init: (self) => {
        system.link(self.pid, other.pid);
        throw new Error('boom');
      },
    });
    expect(() => system.spawnProgram({ hostId: 'h:h', program })).toThrow('boom');
    expect(system.isAlive(other.pid)).toBe(false);
  });

  test('lets the top level use its own PID and name (process.md 10.5)', () => {
    const { system } = createProcessWorld();
    let found: Pid | undefined;
    const program = new ScriptedProgram({
      init: () => {
        found = system.names.lookup('lobby');
      },
    });
    const pid = system.spawnProgram({ hostId: 'h:h', program, name: 'lobby' });
    expect(found).toBe(pid);
  });

  test('installs monitor and link before the first step, so a child that ends at once is heard (process.md 2.5)', () => {
    const { system, clock, start } = createProcessWorld();
    const parent = start();
    system.setOptions(parent.pid, { trapLinks: true });
    const program = new ScriptedProgram({ step: () => fail('at once') });
    system.spawnProgram({ hostId: 'h:h', program, caller: parent.pid, monitor: true, link: true });
    clock.flush();
    expect(parent.events).toEqual(['exit', 'linkDown']);
  });

  test('refuses monitor and link for a caller that is gone', () => {
    const { system } = createProcessWorld();
    const caller = '{h:h|0x00099}' as Pid;
    const program = new ScriptedProgram();
    expect(codeOf(() => system.spawnProgram({ hostId: 'h:h', program, caller, link: true }))).toBe(
      'MH_PROCESS_NOT_FOUND',
    );
    expect(program.context).toBeUndefined();
  });

  test('kills a linked child whose top level ended its parent', () => {
    const { system, start, clock } = createProcessWorld();
    const parent = start();
    const program = new ScriptedProgram({ init: () => system.terminate(parent.pid) });
    system.spawnProgram({ hostId: 'h:h', program, caller: parent.pid, link: true });
    clock.flush();
    expect([system.processCount, program.closes]).toEqual([0, 1]);
  });

  test('hands context to the program: role, ambient, attachment', () => {
    const { system } = createProcessWorld();
    const program = new ScriptedProgram();
    const ambient = { values: new Map([['k', 1]]) };
    system.spawnProgram({ hostId: 'h:h', program, ambient, attachment: 'exchange' });
    expect(program.context).toMatchObject({
      role: 'process',
      hostId: 'h:h',
      ambient,
      attachment: 'exchange',
    });
  });
});

describe('system.spawn() with a name', () => {
  test('sends the messages to the holder instead of starting anything (process.md 10.5)', () => {
    const { system, clock, start } = createProcessWorld();
    const holder = start({}, { name: 'lobby' });
    const caller = start();
    const second = new ScriptedProgram();
    const pid = system.spawnProgram({
      hostId: 'h:h',
      program: second,
      name: 'lobby',
      caller: caller.pid,
      link: true,
      monitor: true,
      messages: [
        { topic: 'one', payloads: [1] },
        { topic: 'two', payloads: [] },
      ],
    });
    clock.flush();
    expect(pid).toBe(holder.pid);
    expect(holder.topics).toEqual(['one', 'two']);
    expect(holder.received[0]).toMatchObject({ from: caller.pid, payloads: [1] });
    expect(second.context).toBeUndefined();
    expect(system.inspect().every(({ links, monitors }) => links.length + monitors.length === 0)).toBe(true);
  });

  test('puts initial messages in the mailbox in call order before anything else (process.md 10.6)', () => {
    const { system, clock } = createProcessWorld();
    const program = new ScriptedProgram({ init: (self) => system.send(self.pid, self.pid, 'own', []) });
    system.spawnProgram({
      hostId: 'h:h',
      program,
      messages: [
        { topic: 'a', payloads: [] },
        { topic: 'b', payloads: [] },
      ],
    });
    clock.flush();
    expect(program.topics).toEqual(['a', 'b', 'own']);
  });

  test('delivers all initial messages or none', () => {
    const { system, start, clock } = createProcessWorld();
    const holder = start({}, { name: 'lobby', mailboxLimit: 1 });
    const messages = ['a', 'b'].map((topic) => ({ topic, payloads: [] }));
    const signal = () => start({}, { name: 'lobby', messages });
    expect(codeOf(signal)).toBe('MH_PROCESS_MAILBOX_FULL');
    clock.flush();
    expect(holder.topics).toEqual([]);
    expect(codeOf(() => start({}, { mailboxLimit: 1, messages }))).toBe('MH_PROCESS_MAILBOX_FULL');
    expect(system.processCount).toBe(1);
  });

  test.each(['', '{app:h|0x00001}'])('refuses the name %j (process.md 11.5)', (name) => {
    const { start } = createProcessWorld();
    expect(codeOf(() => start({}, { name }))).toBe('MH_PROCESS_ARGUMENT_INVALID');
  });

  test('yields one process when the top level spawns the same name again', () => {
    const { system } = createProcessWorld();
    let inner: Pid | undefined;
    const program = new ScriptedProgram({
      init: () => {
        inner = system.spawnProgram({ hostId: 'h:h', program: new ScriptedProgram(), name: 'one' });
      },
    });
    expect(system.spawnProgram({ hostId: 'h:h', program, name: 'one' })).toBe(inner);
    expect(system.processCount).toBe(1);
  });
});
