/**
 * A whole application under people who save, mistype, empty and repair its files, clients who come, talk and go, and
 * processes that are killed and crash, in the order of one seed. Real files and sockets: what one event meets differs
 * between machines by moments, what must be true does not.
 *
 * What must be true:
 *   a hub that follows its saves gets every message of every client once and in order, whatever is saved meanwhile;
 *   every join has one leave and one EXIT; a save that is wrong changes nothing;
 *   a plain one closes its clients with 1012 when it is restarted, with 1011 when it fails, never with 1000;
 *   at the stop every client is told 1001, after its target got its leave.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { assert } from '../../src/base/index.ts';
import { createHub, type Hub, type ReloadEvent } from '../../src/index.ts';
import { createLogDouble } from '../support/programs.ts';
import { createRandom, type Random } from './random.ts';
import { SimulatedClient } from './simulated-client.ts';

/** How big a run is. */
export interface ApplicationSimulationOptions {
  readonly seed: number;
  readonly events: number;
}

/** What a run came to. */
export interface ApplicationSimulationSummary {
  readonly messages: number;
  readonly clients: number;
  readonly saves: number;
  readonly refusedSaves: number;
  readonly events: Readonly<Record<string, number>>;
}

/** What the follower tells of itself. */
interface Audit {
  readonly version: number;
  readonly here: number;
  readonly joins: number;
  readonly leaves: number;
  readonly exits: number;
  readonly faults: readonly string[] | Record<string, never>;
}

const SOURCES = ['follower.lua', 'plain.lua', '_index.yaml'] as const;
const CLIENTS_MAX = 30;
const PATIENCE_MS = 20_000;
/** Log lines of level error that are wanted here: a process was told to crash, or killed. */
const WANTED_ERRORS = new Set(['service failed for good']);

type EventName =
  | 'connect'
  | 'say'
  | 'leave'
  | 'saveFollower'
  | 'savePlain'
  | 'saveWrong'
  | 'crash'
  | 'kill'
  | 'kick';
const EVENTS: readonly EventName[] = [
  'connect',
  'connect',
  'say',
  'say',
  'say',
  'leave',
  'saveFollower',
  'savePlain',
  'saveWrong',
  'crash',
  'kill',
  'kick',
];

/** One run. */
export class ApplicationSimulation {
  readonly #random: Random;
  readonly #events: number;
  readonly #log = createLogDouble();
  readonly #sources = new Map<string, string>();
  readonly #counts: Record<string, number> = {};
  #folder = '';
  #hub!: Hub;
  #url = '';
  #version = 1;
  #clients: SimulatedClient[] = [];
  #clientCount = 0;
  #messages = 0;
  #saves = 0;
  #refusedSaves = 0;
  #onReload: ((event: ReloadEvent) => void) | undefined;

  constructor({ seed, events }: ApplicationSimulationOptions) {
    this.#random = createRandom(seed);
    this.#events = events;
  }

  /** Runs to the end. @throws when something was not true */
  async run(): Promise<ApplicationSimulationSummary> {
    await this.#start();
    try {
      for (let i = 1; i <= this.#events; i++) {
        await this.#act();
        if (i % 5 === 0 || i === this.#events) await this.#audit();
      }
      await this.#stop();
    } finally {
      for (const client of this.#clients) client.terminate();
      await this.#hub.stop({ timeoutMs: 0 }).catch(() => {});
      await rm(this.#folder, { recursive: true, force: true });
    }
    return {
      messages: this.#messages,
      clients: this.#clientCount,
      saves: this.#saves,
      refusedSaves: this.#refusedSaves,
      events: this.#counts,
    };
  }

  async #start(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'moonhub-simulation-'));
    await cp(resolve(import.meta.dirname, 'application'), this.#folder, { recursive: true });
    for (const name of SOURCES) this.#sources.set(name, await readFile(join(this.#folder, name), 'utf8'));
    this.#hub = await createHub({
      path: this.#folder,
      cwd: this.#folder,
      environment: {},
      log: this.#log.log,
      watch: true,
      onReload: (event) => this.#onReload?.(event),
    });
    await this.#hub.start();
    this.#url = this.#hub.listening()[0]!.url.replace('http:', 'ws:');
  }

  async #act(): Promise<void> {
    const name = this.#random.pick(EVENTS);
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    // Somebody talks while it happens.
    this.#sayAll();
    switch (name) {
      case 'connect':
        return this.#connect();
      case 'say':
        return this.#sayAll();
      case 'leave':
        return this.#leave();
      case 'saveFollower':
        return this.#saveFollower();
      case 'savePlain':
        return this.#savePlain();
      case 'saveWrong':
        return this.#saveWrong();
      case 'crash':
        return this.#crash();
      case 'kill':
        return this.#kill();
      case 'kick':
        return this.#kick();
    }
  }

  async #connect(): Promise<void> {
    for (let count = 1 + this.#random.below(4); count > 0 && this.#clients.length < CLIENTS_MAX; count--) {
      const target = this.#random.chance(0.7) ? 'follower' : 'plain';
      const name = `client-${++this.#clientCount}`;
      this.#clients.push(await SimulatedClient.open(`${this.#url}/${target}?name=${name}`, target, name));
    }
  }

  #sayAll(): void {
    for (const client of this.#clients) {
      for (let count = this.#random.below(5); count > 0 && client.isOpen; count--) {
        client.say();
        if (client.target === 'follower') this.#messages++;
      }
    }
  }

  async #leave(): Promise<void> {
    if (this.#clients.length === 0) return;
    const client = this.#random.pick(this.#clients);
    this.#clients = this.#clients.filter((other) => other !== client);
    if (this.#random.chance(0.5)) client.terminate();
    else client.close();
    await this.#settled(client.closed, `${client.name} is closed after it left`);
  }

  async #saveFollower(): Promise<void> {
    this.#version++;
    const event = await this.#save('follower.lua', this.#atVersion('follower.lua'));
    assert(event.kind === 'applied', `a good save was ${event.kind}`);
    await this.#until(
      async () => (await this.#ask()).version === this.#version,
      'the follower runs the new code',
    );
  }

  /** Its clients are told to come back. */
  async #savePlain(): Promise<void> {
    const before = this.#pids();
    const event = await this.#savePlainSource();
    assert(event.kind === 'applied', `a good save was ${event.kind}`);
    await this.#expectPlainClosed(1012);
    await this.#until(() => this.#hasAnotherPlain(before), 'another plain process runs');
  }

  /** It fails, and its supervisor starts it again. */
  async #crash(): Promise<void> {
    const before = this.#pids();
    await this.#endPlain('crash');
    await this.#until(() => this.#hasAnotherPlain(before), 'another plain process runs');
  }

  /** It is terminated, which is meant (`process.md` § 17): nobody starts it again but a save. */
  async #kill(): Promise<void> {
    const before = this.#pids();
    await this.#endPlain('kill');
    const event = await this.#savePlainSource();
    assert(event.kind === 'applied', `a good save was ${event.kind}`);
    await this.#until(() => this.#hasAnotherPlain(before), 'another plain process runs');
  }

  async #endPlain(action: 'crash' | 'kill'): Promise<void> {
    await this.#until(async () => (await this.#control(action)) === true, 'the plain process can be ended');
    await this.#expectPlainClosed(1011);
  }

  async #kick(): Promise<void> {
    const client = this.#clients.find(({ target }) => target === 'follower');
    if (client === undefined) return;
    this.#clients = this.#clients.filter((other) => other !== client);
    await this.#control('kick', client.name);
    const code = await this.#settled(client.closed, `${client.name} is closed`);
    assert(code === 1001, `${client.name} was terminated and told ${code}`);
  }

  /** Saves a mistake, sees that nothing follows, and repairs it. */
  async #saveWrong(): Promise<void> {
    const file = this.#random.pick(SOURCES);
    const good = this.#sources.get(file)!;
    const mistakes =
      file === '_index.yaml'
        ? [
            '',
            good.slice(0, good.length >> 1),
            good.replace('kind: process.lua', 'kind: proces.lua'),
            `${good}\n  - [`,
          ]
        : [
            '',
            good.slice(0, good.length >> 1),
            `error("at load")\n${good}`,
            `local x = nil\nx.y = 1\n${good}`,
            good.replace('{ main = main }', '{ other = main }'),
          ];
    const before = this.#pids();
    const event = await this.#save(file, this.#random.pick(mistakes));
    assert(event.kind === 'rejected', `a wrong ${file} was ${event.kind}`);
    this.#refusedSaves++;
    this.#sayAll();
    const repaired = await this.#save(file, good);
    assert(repaired.kind !== 'rejected', `a repaired ${file} was ${repaired.kind}`);
    assert(
      this.#pids() === before,
      `a wrong ${file} touched what ran: ${before} before, ${this.#pids()} after`,
    );
  }

  /** @returns what the hub made of it. */
  async #save(file: string, text: string): Promise<ReloadEvent> {
    const event = new Promise<ReloadEvent>((resolve) => {
      this.#onReload = resolve;
    });
    this.#saves++;
    await writeFile(join(this.#folder, file), text);
    return this.#settled(event, `the hub saw the save of ${file}`);
  }

  #atVersion(file: string): string {
    const text = this.#sources.get(file)!.replace(/VERSION = \d+/, `VERSION = ${this.#version}`);
    this.#sources.set(file, text);
    return text;
  }

  #savePlainSource(): Promise<ReloadEvent> {
    this.#version++;
    return this.#save('plain.lua', this.#atVersion('plain.lua'));
  }

  #hasAnotherPlain(pidsBefore: string): boolean {
    const pids = this.#pids();
    return pids.split(' ').length === 2 && pids !== pidsBefore;
  }

  /** PIDs of the services, in one text. */
  #pids(): string {
    const { processes } = this.#hub.inspect();
    return processes
      .filter(({ entryId }) => entryId === 'sim:follower' || entryId === 'sim:plain')
      .map(({ pid }) => pid)
      .join(' ');
  }

  async #expectPlainClosed(code: number): Promise<void> {
    const clients = this.#clients.filter(({ target }) => target === 'plain');
    this.#clients = this.#clients.filter(({ target }) => target !== 'plain');
    for (const client of clients) {
      const got = await this.#settled(client.closed, `${client.name} is closed`);
      assert(got === code, `${client.name} of the plain process was closed with ${got} instead of ${code}`);
    }
  }

  /** Waits until everything said was answered, then compares what the follower knows with what happened. */
  async #audit(): Promise<void> {
    for (const client of this.#clients) {
      await this.#until(() => client.isAnswered || !client.isOpen, `${client.name} is answered`);
      if (!client.isOpen) throw new Error(`${client.name} was dropped with ${await client.closed}`);
      client.check();
    }
    const here = this.#clients.filter(({ target }) => target === 'follower').length;
    let audit = await this.#ask();
    await this.#until(async () => {
      audit = await this.#ask();
      return audit.here === here;
    }, `the follower knows its ${here} clients`);
    this.#checkFaults(audit.faults);
    assert(
      audit.joins === audit.leaves + here,
      `${audit.joins} joins, ${audit.leaves} leaves, ${here} are here`,
    );
    assert(audit.exits === audit.leaves, `${audit.leaves} leaves, but ${audit.exits} EXITs`);
    assert(audit.version === this.#followerVersion(), 'the follower runs the code that was saved last');
  }

  #followerVersion(): number {
    return Number(/VERSION = (\d+)/.exec(this.#sources.get('follower.lua')!)![1]);
  }

  #checkFaults(faults: Audit['faults']): void {
    assert(Object.keys(faults).length === 0, `the follower saw: ${JSON.stringify(faults)}`);
  }

  async #stop(): Promise<void> {
    this.#sayAll();
    await this.#hub.stop();
    for (const client of this.#clients) {
      const code = await this.#settled(client.closed, `${client.name} is closed`);
      assert(code === 1001, `${client.name} was told ${code} at the stop`);
    }
    const { lines } = this.#log;
    const last = lines.find(({ event }) => event === 'follower stopped')?.fields as Audit | undefined;
    assert(last !== undefined, 'the follower was not asked to stop');
    this.#checkFaults(last.faults ?? {});
    assert(
      last.joins === last.leaves,
      `at the stop the follower saw ${last.joins} joins and ${last.leaves} leaves`,
    );
    const errors = lines.filter(({ level, event }) => level === 'error' && !WANTED_ERRORS.has(event));
    assert(errors.length === 0, `errors in the log: ${JSON.stringify(errors.slice(0, 3))}`);
  }

  async #ask(): Promise<Audit> {
    return (await this.#control('audit')) as Audit;
  }

  async #control(action: string, ...args: string[]): Promise<unknown> {
    const result = await this.#hub.call({ entryId: 'sim:control', args: [action, ...args] });
    if (!result.ok) throw new Error(`${action}: ${result.failure.message}`);
    return result.value;
  }

  async #until(look: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const endMs = performance.now() + PATIENCE_MS;
    while (!(await look())) {
      assert(performance.now() < endMs, `not within ${PATIENCE_MS} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async #settled<T>(promise: Promise<T>, what: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not within ${PATIENCE_MS} ms: ${what}`)), PATIENCE_MS);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
  }
}
