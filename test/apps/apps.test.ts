/**
 * Small applications as a user would write them, each started with the real command line and watched from
 * outside: what they print, what they answer, how they end.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, startCli } from '../support/cli.ts';

const folder = (name: string): string => join(import.meta.dirname, name);

/** Runs one process of an application to its end; `cwd` makes the folder the application. */
async function exec(app: string, entry: string, ...args: string[]) {
  return runCli(['run', '-x', entry, ...args], { cwd: folder(app) });
}

/** What a run that went well looks like. */
const printed = (...lines: string[]) => ({ exit: 0, stdout: lines.map((line) => `${line}\n`).join('') });

describe('applications on the terminal', () => {
  it('hello world: prints, takes arguments, and its result is the exit code', async () => {
    expect(await exec('hello-world', 'app:hello', 'Ann', 'Ben')).toMatchObject({
      exit: 2,
      stdout: 'hello, Ann\nhello, Ben\n',
    });
  });

  it('hello world: is found by its command name, and listed', async () => {
    const cwd = folder('hello-world');
    expect(await runCli(['run', 'hello'], { cwd })).toMatchObject({ exit: 1, stdout: 'hello, moon\n' });
    expect((await runCli(['run', 'list'], { cwd })).stdout).toMatch(
      /hello\s+app:hello\s+greets whoever is named/,
    );
  });

  it.each<[app: string, entry: string, lines: string[]]>([
    [
      'function-call',
      'app:main',
      ['7 // 2 =\t3', 'Invalid\tdivision by zero\t7', '100 50 33 25 20', 'NotFound'],
    ],
    ['worker-pool', 'app:main', ['sum of squares\t2870']],
    [
      'supervisor',
      'app:main',
      [
        'restarting after:\tapp:child:3: life 1 is over',
        'restarting after:\tapp:child:3: life 2 is over',
        'life 3 went well',
      ],
    ],
    [
      'event-bus',
      'app:main',
      [
        'order.closed 30 by order.(paid|closed)',
        'order.closed 30 by order.*',
        'order.paid 20 by order.(paid|closed)',
        'order.paid 20 by order.*',
        'order.placed 10 by order.*',
      ],
    ],
    ['pipeline', 'app:main', ['item 6, item 12, item 18, item 24']],
    ['key-value', 'app:client', ['9137', 'earth moon', 'nil']],
    [
      'chat-room',
      'app:main',
      [
        'joined\tann',
        'joined\tben',
        'ann heard ann: hi from ann, ben: hi from ben',
        'ben heard ann: hi from ann, ben: hi from ben',
        'left\tann ben',
      ],
    ],
    ['cron', 'app:main', ['fast\t4', 'slow\t2']],
    [
      'cron-registry',
      'app:main',
      ['app:job.count: looked after the stars', 'app:job.sweep: looked after the dust'],
    ],
    ['echo-workers', 'app:client', ['echo:\tone', 'failed:\tapp:worker:2: asked to', 'echo:\ttwo']],
    ['mass-spawn', 'app:main', ['collected\t100010000\tnil']],
  ])('%s prints what it should and ends with 0', async (app, entry, lines) => {
    expect(await exec(app, entry)).toMatchObject(printed(...lines));
  });
});

describe('applications that stay', () => {
  it('ping-pong: two services find each other, play, and stop on SIGINT', async () => {
    const app = await startCli(['run'], { cwd: folder('ping-pong') });
    await app.until(/rally over.*6/);
    app.child.kill('SIGINT');
    expect(await app.ended).toMatchObject({ exit: 0 });
  });

  it('http-async: the response comes first, the work behind it is done all the same', async () => {
    const app = await startCli(['run'], { cwd: folder('http-async') });
    const [, url] = await app.until(/(http:\/\/127\.0\.0\.1:\d+)/);
    const response = await fetch(`${url}/api/tasks?name=moonrise`, { method: 'POST' });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 'moonrise' });
    await app.until(/task done.*moonrise/);
    app.child.kill('SIGTERM');
    expect(await app.ended).toMatchObject({ exit: 0, stderr: expect.stringContaining('"step":3') });
  });

  it('http-spawn: a handler spawns a process and answers with its result or its error', async () => {
    const app = await startCli(['run'], { cwd: folder('http-spawn') });
    const [, url] = await app.until(/(http:\/\/127\.0\.0\.1:\d+)/);
    const get = async (path: string) => {
      const response = await fetch(url + path);
      return { status: response.status, body: await response.json() };
    };
    expect(await get('/api/sum/100')).toEqual({ status: 200, body: { n: 100, sum: 5050 } });
    expect(await get('/api/sum/-1')).toEqual({ status: 422, body: { error: 'n must not be negative' } });
    expect(await get('/api/sum/many')).toEqual({ status: 400, body: { error: 'n is not a number' } });
    app.child.kill('SIGTERM');
    expect(await app.ended).toMatchObject({ exit: 0 });
  });
});
