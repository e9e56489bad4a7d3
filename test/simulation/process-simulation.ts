/**
 * Thousands of processes that spawn, link, monitor, send, name, upgrade, crash, cancel and kill each other at random
 * on a fake clock, watched by a ledger. One seed is one run.
 */
import { type EntryId, HubError, type Pid } from '../../src/base/index.ts';
import {
  type Call,
  type MailQueue,
  type Message,
  type ProcessContext,
  ProcessSystem,
  type Program,
  type StepResult,
} from '../../src/process/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createLogDouble, done, fail, ProgramTable } from '../support/programs.ts';
import { ProcessLedger } from './process-ledger.ts';
import { createRandom, type Random } from './random.ts';

const ENTRY = 'sim:process' as EntryId;
const HOSTS = ['sim:one', 'sim:two', 'sim:three'];
const TOPICS = ['a', 'b', 'c'];
const NAMES = Array.from({ length: 20 }, (_, index) => `name-${index}`);
const MAILBOX_LIMIT = 50;
/** The log adds up what a second has too many lines for. */
const UNREAD_LINES_MS = 1_000;

/** How big a run is. */
export interface SimulationOptions {
  readonly seed: number;
  readonly ticks: number;
  /** Nothing is spawned beyond. */
  readonly processesMax: number;
}

/** What a run came to; compared by the replay test. */
export interface SimulationSummary {
  readonly started: number;
  readonly sent: number;
  readonly taken: number;
  readonly exits: number;
  readonly refusals: Readonly<Record<string, number>>;
}

/** One run. */
export class ProcessSimulation {
  readonly random: Random;
  readonly ledger = new ProcessLedger();
  readonly system: ProcessSystem;
  readonly pids: Pid[] = [];
  readonly calls: Call[] = [];
  readonly #clock = createFakeClock();
  readonly #log = createLogDouble();
  readonly #options: SimulationOptions;
  readonly #programs = new Set<SimulatedProcess>();
  readonly #refusals: Record<string, number> = {};

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.random = createRandom(options.seed);
    const source = new ProgramTable();
    source.makers.set(ENTRY, () => this.create());
    this.system = new ProcessSystem({ clock: this.#clock, log: this.#log.log, source });
    for (const host of HOSTS) this.system.openHost(host, { mailboxLimit: MAILBOX_LIMIT });
  }

  /** Runs to the end and checks that nothing is left. */
  async run(): Promise<SimulationSummary> {
    for (let tick = 0; tick < this.#options.ticks; tick++) {
      await this.#tick();
      // Looking at everything after each tick would take most of the time.
      if (tick % 8 === 0) this.#check();
    }
    await this.#settleAndCheckExits();
    await this.system.stop();
    await this.#clock.settle();
    this.#clock.advance(UNREAD_LINES_MS);
    await this.#clock.settle();
    this.ledger.checkEmpty(this.#countLost());
    for (const program of this.#programs) program.checkClosed();
    const { sent, taken, exits, ended } = this.ledger;
    return { started: ended.size, sent, taken, exits, refusals: this.#refusals };
  }

  create(): SimulatedProcess {
    const program = new SimulatedProcess(this);
    this.#programs.add(program);
    return program;
  }

  /** Somebody: mostly one of the younger ones, who are likely to live; sometimes anybody, dead or alive. */
  anyone(): Pid {
    if (this.random.chance(0.1)) return this.random.pick(this.pids);
    const young = Math.min(this.pids.length, this.#options.processesMax);
    for (let tries = 0; tries < 3; tries++) {
      const pid = this.pids[this.pids.length - 1 - this.random.below(young)]!;
      if (this.system.isAlive(pid)) return pid;
    }
    return this.random.pick(this.pids);
  }

  /** Does something that may be refused; a refusal is counted, anything else is a bug. */
  attempt<T>(action: () => T): T | undefined {
    try {
      return action();
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown;
      this.#refusals[thrown.code] = (this.#refusals[thrown.code] ?? 0) + 1;
      return undefined;
    }
  }

  spawn(caller: Pid | undefined): void {
    if (this.system.processCount >= this.#options.processesMax) return;
    const isCalled = this.random.chance(0.1);
    if (isCalled) this.#call(caller);
    else this.#spawn(caller);
  }

  send(from: Pid | undefined, to: Pid): void {
    const topic = this.random.pick(TOPICS);
    const lane = `${from}>${to}:${topic}`;
    const receipt = this.random.chance(0.2) ? this.ledger.receipt() : undefined;
    const number = this.ledger.nextInLane(lane);
    const isSent = this.attempt(() => {
      this.system.send(from, to, topic, [number], receipt);
      return true;
    });
    if (isSent) this.ledger.sendAccepted(lane);
    else if (receipt !== undefined) this.ledger.receiptRefused();
  }

  #spawn(caller: Pid | undefined): void {
    const { random, system } = this;
    const isLinked = caller !== undefined && random.chance(0.2);
    const isMonitored = caller !== undefined && random.chance(0.4);
    const name = random.chance(0.1) ? random.pick(NAMES) : undefined;
    const before = system.processCount;
    const pid = this.attempt(() =>
      system.spawn({
        entryId: ENTRY,
        hostId: random.pick(HOSTS),
        caller,
        link: isLinked,
        monitor: isMonitored,
        name,
      }),
    );
    if (pid === undefined || system.processCount === before) return;
    this.#watch(pid);
    if (isLinked) this.ledger.link(caller!, pid);
    if (isMonitored) this.ledger.monitor(caller!, pid);
  }

  #call(caller: Pid | undefined): void {
    const call = this.attempt(() =>
      this.system.call({ entryId: ENTRY, args: [], caller }, (outcome) =>
        this.ledger.end(call!.pid, outcome),
      ),
    );
    if (call === undefined) return;
    this.calls.push(call);
    this.pids.push(call.pid);
    this.ledger.start(call.pid);
  }

  #watch(pid: Pid): void {
    this.pids.push(pid);
    this.ledger.start(pid);
    this.system.watch(pid, (outcome) => this.ledger.end(pid, outcome));
  }

  async #tick(): Promise<void> {
    const { random, system } = this;
    while (system.processCount < this.#options.processesMax / 10) this.spawn(undefined);
    for (let i = random.below(60); i > 0; i--) this.send(undefined, this.anyone());
    if (random.chance(0.02)) this.attempt(() => system.terminate(this.anyone()));
    if (random.chance(0.05)) this.#restart(this.anyone());
    if (random.chance(0.02)) system.notifyOutdated(new Set([ENTRY]));
    if (random.chance(0.01)) await this.#bounceHost();
    this.#clock.advance(random.below(3));
  }

  #check(): void {
    const snapshots = this.system.inspect();
    this.ledger.check(snapshots);
    const held = new Set(snapshots.flatMap(({ names }) => names));
    for (const name of NAMES) {
      if (this.system.isAlive(name) !== held.has(name))
        throw new Error(`name ${name} and its holder disagree`);
    }
  }

  /** Ends a process as its supervisor would, who means to start it again (`relay.md` L10). */
  #restart(pid: Pid): void {
    this.attempt(() => {
      this.system.expectEnd(pid, 'restart');
      this.ledger.expectEnd(pid);
      this.system.cancel('', pid, 'service stopping');
      if (this.random.chance(0.5)) this.system.terminate(pid);
    });
  }

  /** Messages nobody read, as the log counts them. */
  #countLost(): number {
    const lines = this.#log.lines.filter(({ event }) => event === 'unread messages lost');
    return lines.reduce((sum, { fields }) => sum + Number(fields.count), 0);
  }

  /** Closes a host under its processes and opens it again. */
  async #bounceHost(): Promise<void> {
    const hostId = this.random.pick(HOSTS);
    const timeoutMs = this.random.below(50);
    const closed = this.system.closeHost(hostId, { reason: 'bounce', timeoutMs });
    this.#clock.advance(timeoutMs);
    await closed;
    this.system.openHost(hostId, { mailboxLimit: MAILBOX_LIMIT });
  }

  /** Lets everybody read what is there, then looks for EXITs that never came. */
  async #settleAndCheckExits(): Promise<void> {
    for (const program of this.#programs) program.isCalm = true;
    for (const pid of this.pids) if (this.system.isAlive(pid)) this.system.cancel('', pid, 'read everything');
    await this.#clock.settle();
    this.#check();
    for (const { pid, mailboxDepth, eventCount } of this.system.inspect()) {
      if (mailboxDepth + eventCount > 0) throw new Error(`${pid} was not woken for what it got`);
      const owed = this.ledger.owedTo(pid);
      if (owed.length > 0) throw new Error(`EXITs never came: ${owed.join(', ')}`);
    }
  }
}

/** A process that does something at random whenever it reads something. */
class SimulatedProcess implements Program {
  readonly entryId = ENTRY;
  /** Reads without acting. */
  isCalm = false;
  readonly #simulation: ProcessSimulation;
  #context!: ProcessContext;
  #isClosed = false;
  #isStepping = false;
  #wasCut = false;
  #closes = 0;
  #steps = 0;
  #listener: { topic: string; queue: MailQueue<Message> } | undefined;

  constructor(simulation: ProcessSimulation) {
    this.#simulation = simulation;
  }

  init(context: ProcessContext): void {
    this.#context = context;
    if (this.#simulation.random.chance(0.03))
      throw new HubError('MH_PROCESS_LOAD_FAILED', { message: 'bad luck' });
  }

  step(): StepResult {
    if (this.#isClosed) throw new Error('moonhub bug: a step after close');
    this.#isStepping = true;
    try {
      return this.#readAndAct();
    } finally {
      this.#isStepping = false;
    }
  }

  #readAndAct(): StepResult {
    const { random } = this.#simulation;
    this.#steps++;
    if (this.#context.role === 'call' && this.#steps === 3 && !this.isCalm)
      return done('answer', random.chance(0.5));
    if (this.#context.role === 'call' && this.#steps > 6) return done();
    for (let budget = 20; budget > 0; budget--) {
      const isMore = this.#readOne();
      if (!isMore) return { kind: 'waiting' };
      const result = this.isCalm ? undefined : this.#act();
      if (result !== undefined) return result;
      if (this.#context.isDoomed) return { kind: 'ready' };
    }
    return { kind: 'ready' };
  }

  close(): void {
    this.#closes++;
    this.#isClosed = true;
    this.#wasCut = this.#isStepping;
  }

  checkClosed(): void {
    if (this.#wasCut) throw new Error('moonhub bug: a program was closed while its code ran');
    if (this.#closes !== 1) throw new Error(`moonhub bug: a program was closed ${this.#closes} times`);
  }

  #readOne(): boolean {
    const { ledger } = this.#simulation;
    const { pid, mailbox } = this.#context;
    const mail = this.#listener?.queue.take() ?? mailbox.takeNext();
    if (mail === undefined) return false;
    if (mail.kind === 'message') ledger.take(`${mail.from}>${pid}:${mail.topic}`, mail.payloads[0] as number);
    else if (mail.kind === 'exit') ledger.exit(pid, mail.from, mail.outcome);
    return true;
  }

  #act(): StepResult | undefined {
    const simulation = this.#simulation;
    const { random, system, ledger } = simulation;
    const { pid } = this.#context;
    const other = simulation.anyone();
    switch (random.below(26)) {
      case 0:
      case 1:
      case 2:
        simulation.spawn(pid);
        return undefined;
      case 3:
        simulation.attempt(() => {
          system.monitor(pid, other);
          ledger.monitor(pid, other);
        });
        return undefined;
      case 4:
        system.unmonitor(pid, other);
        ledger.unmonitor(pid, other);
        return undefined;
      case 5:
        simulation.attempt(() => {
          system.link(pid, other);
          ledger.link(pid, other);
        });
        return undefined;
      case 6:
        system.unlink(pid, other);
        ledger.unlink(pid, other);
        return undefined;
      case 7:
        return this.#toggleTrap();
      case 8:
        simulation.attempt(() => system.names.register(random.pick(NAMES), other));
        return undefined;
      case 9:
        system.names.unregister(random.pick(NAMES), { caller: pid });
        return undefined;
      case 10:
        simulation.attempt(() => system.cancel(pid, other, 'just so'));
        return undefined;
      case 11:
        if (random.chance(0.2)) simulation.attempt(() => system.terminate(random.chance(0.3) ? pid : other));
        return undefined;
      case 12:
        if (simulation.calls.length > 0) random.pick(simulation.calls).abort(ABORTED);
        return undefined;
      case 13:
        return this.#context.role === 'process'
          ? { kind: 'upgrade', entryId: undefined, args: [] }
          : undefined;
      case 14:
        this.#toggleListener();
        return undefined;
      case 15:
        this.#context.wake();
        return { kind: 'ready' };
      case 16:
        return random.chance(0.2) ? done(other) : undefined;
      case 17:
        return random.chance(0.1) ? fail('on purpose') : undefined;
      case 18:
        if (random.chance(0.1)) throw new Error('a bug in a program');
        return undefined;
      case 19:
        simulation.attempt(() => system.setOptions(pid, { upgradable: random.chance(0.5) }));
        return undefined;
      default:
        simulation.send(pid, other);
        return undefined;
    }
  }

  #toggleTrap(): undefined {
    const { random, system, ledger, attempt } = this.#simulation;
    const trapLinks = random.chance(0.7);
    const { pid } = this.#context;
    ledger.trap(pid, trapLinks);
    attempt.call(this.#simulation, () => system.setOptions(pid, { trapLinks }));
    return undefined;
  }

  #toggleListener(): void {
    const { mailbox } = this.#context;
    if (this.#listener === undefined) {
      const topic = this.#simulation.random.pick(TOPICS);
      this.#listener = { topic, queue: mailbox.listen(topic) };
    } else {
      mailbox.unlisten(this.#listener.topic);
      this.#listener = undefined;
    }
  }
}

const ABORTED = { kind: 'Canceled', message: 'aborted', retryable: false };
