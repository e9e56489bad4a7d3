import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from '../../src/hub/index.ts';

/** A log into memory. */
function open(options: LogOptions = {}) {
  const parts: string[] = [];
  const destination = new Writable({
    write(part, _encoding, done) {
      parts.push(String(part));
      done();
    },
  });
  return { log: createLog({ ...options, destination }), written: () => parts.join('') };
}

describe('createLog()', () => {
  it('writes event and fields on one line for people, code and stack below it', () => {
    const { log, written } = open();
    log.warn('process failed', {
      pid: '{app:x|0x00001}',
      excerpt: 'a.lua:2:3\n 2 | x',
      stack: 'stack traceback:',
    });
    expect(written()).toMatch(
      /^\[.*\] WARN: process failed \{"pid":"\{app:x\|0x00001\}"\}\n {4}a\.lua:2:3\n {5}2 \| x\n {4}stack traceback:\n$/,
    );
  });

  it('keeps text of programs from forging lines or steering the terminal', () => {
    const { log, written } = open();
    log.info('hello\n[00:00:00.000] ERROR: forged\u001b[2J');
    expect(written().split('\n')[1]).toBe('    [00:00:00.000] ERROR: forged\ufffd[2J');
  });

  it('writes one JSON object a line for machines, secrets blacked out', () => {
    const { log, written } = open({ encoding: 'json' });
    log.with({ logger: 'a' }).info('request', { password: 'x', nested: { token: 'y' }, k: 1 });
    expect(JSON.parse(written())).toMatchObject({
      msg: 'request',
      logger: 'a',
      password: '[redacted]',
      nested: { token: '[redacted]' },
      k: 1,
    });
  });

  it('writes nothing below its level', () => {
    const { log, written } = open({ level: 'warn' });
    log.info('quiet');
    expect(log.isEnabled('info')).toBe(false);
    expect(written()).toBe('');
  });
});
