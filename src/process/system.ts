/**
 * The process system: everything with a PID lives here. It knows PIDs, mailboxes, names, links and monitors,
 * and when whose `step` runs; it never learns what a program does or what a message says.
 *
 * A message is delivered inside `send`: address -> record -> mailbox -> run queue. No promise is awaited and
 * nothing but the message is allocated on that way.
 */
import {
  type Clock,
  type EntryId,
  type Failure,
  HubError,
  type Log,
  MAILBOX_MESSAGES_MAX,
  type NodeIdentity,
  type Pid,
} from '../base/index.ts';
import { Reaper } from './life/reaper.ts';
import { Starter } from './life/starter.ts';
import { Stepper } from './life/stepper.ts';
import { type EndPurpose, LINKED_PROCESS_FAILED, type Receipt, TERMINATED } from './mail/message.ts';
import {
  assertOpen,
  type CloseOptions,
  type HostSnapshot,
  HostTable,
  type ProcessHost,
} from './record/host.ts';
import type { Ambient, ProcessOptions, ProgramSource } from './record/program.ts';
import {
  type Birth,
  type EndObserver,
  outdatedSources,
  type PendingStart,
  type ProcessRecord,
  type Ref,
} from './record/record.ts';
import type { Call, CallRequest, SpawnProgramRequest, SpawnRequest, StartOptions } from './record/request.ts';
import { Scheduler } from './record/scheduler.ts';
import { RemoteNodes } from './remote/nodes.ts';
import type { AttachedNode, RemoteNode } from './session/remote-node.ts';
import { deliver, deliverAll, deliverLocal } from './table/delivery.ts';
import { assertName, createProcessNames, NameTable, type ProcessNames } from './table/names.ts';
import { ObserverSlot, type ProcessObserver } from './table/observer.ts';
import { assertEntryId, assertHeld, assertReachable, assertTopic, mailboxFull } from './table/refusal.ts';
import { Router, UNNAMED_NODE } from './table/router.ts';
import { type ProcessSnapshot, toSnapshot } from './table/snapshot.ts';
import * as ties from './table/ties.ts';

/** What a process system is made of. */
export interface ProcessSystemOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Finds the code behind entry IDs. */
  readonly source: ProgramSource;
  /**
   * Who this node is among others: every PID carries it, and other nodes can be attached. Default: PIDs carry no
   * node, and `local` means this one.
   */
  readonly node?: NodeIdentity | undefined;
}

/** All processes of one node. */
export class ProcessSystem {
  /** Process names (`process.md` § 11). */
  readonly names: ProcessNames;
  /** Name of this node; `local` when it has none. */
  readonly nodeName: string;
  readonly #clock: Clock;
  readonly #source: ProgramSource;
  readonly #processes = new Map<Pid, ProcessRecord>();
  readonly #nameTable: NameTable;
  readonly #hosts: HostTable;
  readonly #nodes: RemoteNodes;
  readonly #router: Router;
  readonly #observers: ObserverSlot;
  readonly #reaper: Reaper;
  readonly #starter: Starter;

  constructor(options: ProcessSystemOptions) {
    const { clock, log, source, node: identity } = options;
    const processes = this.#processes;
    const names = new NameTable();
    const observers = new ObserverSlot(log, names);
    const reaper = new Reaper({ clock, log, processes, names, observers });
    const nodes = new RemoteNodes({ clock, log, identity, processes, reaper });
    const { sessions, watches } = nodes;
    const router = new Router({ processes, names, sessions, nodeName: identity?.name });
    const scheduler = new Scheduler<ProcessRecord>(clock, (record) => stepper.step(record));
    const starter = new Starter({ clock, identity, processes, names, reaper, scheduler, observers });
    const stepper: Stepper = new Stepper({ clock, log, source, reaper, starter, observers });
    this.nodeName = identity?.name ?? UNNAMED_NODE;
    this.#clock = clock;
    this.#source = source;
    this.#nameTable = names;
    this.#observers = observers;
    this.#reaper = reaper;
    this.#nodes = nodes;
    this.#router = router;
    this.#starter = starter;
    this.names = createProcessNames({
      table: names,
      require: (pid, action) => router.require(pid, action),
      watch: (ref, ended) => watches.watch(ref, ended),
    });
    this.#hosts = new HostTable({
      clock,
      cancelAll: (host, reason, purpose) => {
        for (const record of this.#residentsOf(host)) {
          reaper.expect(record, purpose);
          reaper.tellCancel(record, '', reason);
        }
      },
      endAll: (host, reason) => {
        for (const record of this.#residentsOf(host)) reaper.kill(record, canceled(reason));
      },
    });
  }

  /**
   * Starts the code of an entry (`process.md` § 2). Its chunk has run when this returns, its `main` has not: for those who
   * cannot wait, so the load must be short (LOAD_AT_ONCE_INSTRUCTIONS_MAX).
   * With a name somebody holds already nothing is started: the messages go to the holder, whose PID is
   * returned (§ 10.5).
   * @throws MH_PROCESS_ARGUMENT_INVALID, MH_PROCESS_HOST_NOT_FOUND, MH_PROCESS_HOST_STOPPED,
   *   MH_PROCESS_ENTRY_NOT_FOUND, MH_PROCESS_LOAD_FAILED, or what the program's `init` or `load` throws
   */
  spawn(request: SpawnRequest): Pid {
    const birth = this.#conceive(request);
    return typeof birth === 'string' ? birth : this.#starter.start(request, birth, true).pid;
  }

  /**
   * As `spawn`, for those who can wait: a load that takes longer than a slice goes on after this has returned.
   * @returns the PID when the start is over, else what says when it is. `watch` may be used on its PID meanwhile.
   * @throws as `spawn`, for what is found out at once
   */
  beginSpawn(request: SpawnRequest): Pid | PendingStart {
    const birth = this.#conceive(request);
    if (typeof birth === 'string') return birth;
    const record = this.#starter.start(request, birth, false);
    return record.start ?? record.pid;
  }

  /**
   * Starts a program; its load, if it has one, is over when this returns.
   * @throws as `spawn`
   */
  spawnProgram(request: SpawnProgramRequest): Pid {
    const holder = this.#signalHolder(request);
    if (holder !== undefined) return holder;
    const host = this.#hosts.get(request.hostId);
    if (host !== undefined) assertOpen(host);
    const mailboxLimit = request.mailboxLimit ?? host?.mailboxLimit ?? MAILBOX_MESSAGES_MAX;
    const { program, hostId } = request;
    return this.#starter.start(request, { program, hostId, host, role: 'process', mailboxLimit }, true).pid;
  }

  /**
   * Invokes a function (`process.md` § 14.1): a process of its own that ends with the call. `ended` is told the
   * result once, never before this returned; a load that goes on after that and fails is an outcome with `loadError`.
   * @throws as `beginSpawn` when the function cannot be started; `ended` is not called then
   */
  call(request: CallRequest, ended: EndObserver): Call {
    const entryId = assertEntryId(request.entryId);
    const program = request.program ?? this.#source.open({ entryId, role: 'call' });
    const birth: Birth = {
      program,
      hostId: entryId,
      host: undefined,
      role: 'call',
      mailboxLimit: MAILBOX_MESSAGES_MAX,
    };
    const record = this.#starter.start(request, birth, false);
    record.observers = new Set([ended]);
    return { pid: record.pid, abort: (failure) => this.#reaper.kill(record, failure) };
  }

  /**
   * Puts a message into a mailbox (`process.md` § 5). Returning means "in the mailbox of a live process".
   * @param from `undefined` = the host itself.
   * @param destination PID or name.
   * @param payloads already copied; the receiver owns them from now on.
   * @param receipt told when the message was taken. Such messages are exempt from the mailbox limit and reach
   *   processes of a stopping host.
   * @throws MH_PROCESS_ARGUMENT_INVALID for an empty topic or one with `@`
   * @throws MH_PROCESS_NOT_FOUND, MH_PROCESS_NAME_NOT_FOUND, MH_PROCESS_NODE_NOT_FOUND
   * @throws MH_PROCESS_MAILBOX_FULL (retryable), MH_PROCESS_HOST_STOPPED
   */
  send(
    from: Pid | undefined,
    destination: string,
    topic: string,
    payloads: readonly unknown[],
    receipt?: Receipt,
  ): void {
    assertTopic(topic);
    let ref: Ref | undefined = this.#router.findLocal(destination);
    if (ref !== undefined) deliverLocal(ref, from, topic, payloads, receipt);
    else {
      ref = this.#router.require(destination, 'send to');
      deliver(ref, from, topic, payloads, receipt);
    }
    this.#observers.current?.sent(from, ref.pid, topic);
  }

  /**
   * Takes back the messages of a receipt that a process of this node has not taken yet; the receipt is told of each.
   * For a sender that ends and whose messages nobody is to wait for. Costs a look at everything that waits there.
   */
  withdraw(destination: Pid, receipt: Receipt): void {
    this.#router.findLocal(destination)?.mailbox.withdraw(receipt);
  }

  /**
   * The PID behind a PID text or name.
   * @throws MH_PROCESS_NOT_FOUND, MH_PROCESS_NAME_NOT_FOUND, MH_PROCESS_NODE_NOT_FOUND
   */
  resolve(destination: string): Pid {
    return this.#router.require(destination, 'find').pid;
  }

  /** Whether a PID or name belongs to a live process. */
  isAlive(destination: string): boolean {
    return this.#router.find(destination) !== undefined;
  }

  /**
   * The watcher will get one EXIT when the target ends.
   * @throws MH_PROCESS_ALREADY_MONITORED, and as `resolve`
   */
  monitor(watcher: Pid, destination: string): void {
    const target = this.#router.require(destination, 'monitor');
    if (ties.monitor(this.#router.requireLocal(watcher, 'monitor from'), target)) return;
    throw new HubError('MH_PROCESS_ALREADY_MONITORED', {
      message: `Cannot monitor '${destination}': the caller monitors it already`,
    });
  }

  /** Ends a monitor; nothing happens without one. An EXIT already queued stays. */
  unmonitor(watcher: Pid, destination: string): void {
    const from = this.#processes.get(watcher);
    const target = this.#router.find(destination);
    if (from !== undefined && target !== undefined) ties.unmonitor(from, target);
  }

  /**
   * Links two processes; twice is once, to itself is nothing (`process.md` § 8.4).
   * @throws as `resolve`
   */
  link(from: Pid, destination: string): void {
    ties.link(this.#router.requireLocal(from, 'link from'), this.#router.require(destination, 'link'));
  }

  /** Takes a link away; nothing happens without one. A LINK_DOWN already queued stays. */
  unlink(from: Pid, destination: string): void {
    const left = this.#processes.get(from);
    const right = this.#router.find(destination);
    if (left !== undefined && right !== undefined) ties.unlink(left, right);
  }

  /** Whether the process has a live link: something that may still reach it (`concurrency.md` § 5). */
  hasLinks(pid: Pid): boolean {
    return (this.#processes.get(pid)?.links?.size ?? 0) > 0;
  }

  /**
   * Queues a CANCEL event; the target may ignore it (`process.md` § 9).
   * @param from `''` = the host.
   * @throws as `resolve`; MH_PROCESS_MAILBOX_FULL when MAILBOX_EVENTS_MAX events are unread
   */
  cancel(from: Pid | '', destination: string, reason = ''): void {
    const ref = this.#router.require(destination, 'cancel');
    if (ref.kind === 'remote') {
      const signal = { kind: 'cancel', from, to: ref.pid, reason } as const;
      assertHeld(ref.session.ask(signal), 'cancel', destination);
    } else if (!this.#reaper.tellCancel(ref, from, reason)) throw mailboxFull(ref);
  }

  /**
   * Ends the target: at once, or, when its own code is running, as soon as that returns (`process.md` § 9).
   * @param from who asks; default the host.
   * @throws as `resolve`
   */
  terminate(destination: string, from?: Pid): void {
    const ref = this.#router.require(destination, 'terminate');
    if (ref.kind === 'local') {
      this.#reaper.passOn(from, ref);
      this.#reaper.kill(ref, TERMINATED);
    } else assertHeld(ref.session.ask({ kind: 'terminate', to: ref.pid }), 'terminate', destination);
  }

  /**
   * Says why a process will end soon, before it is cancelled or terminated: its outcome carries it, and so do those of
   * processes its end takes along (`relay.md` L10). The first purpose said counts.
   * @throws as `resolve`; MH_PROCESS_NODE_NOT_FOUND for a process of another node
   */
  expectEnd(pid: Pid, purpose: EndPurpose): void {
    this.#reaper.expect(this.#router.requireLocal(pid, 'stop'), purpose);
  }

  /**
   * The host is about to stop: ends from now on have that purpose. Processes run on, and new ones start, until `stop`.
   * Idempotent.
   */
  beginShutdown(): void {
    this.#reaper.beginShutdown();
  }

  /**
   * Calls back once when the process ends: a monitor for the host itself, which has no PID.
   * @returns withdraws the observer.
   * @throws as `resolve`
   */
  watch(pid: Pid, ended: EndObserver): () => void {
    const record = this.#router.require(pid, 'watch');
    if (record.kind === 'remote') return this.#nodes.watches.watch(record, ended);
    // A wrapper, so that watching twice with one function is two observers.
    const observer: EndObserver = (outcome, isShared) => ended(outcome, isShared);
    record.observers ??= new Set();
    record.observers.add(observer);
    return () => void record.observers?.delete(observer);
  }

  /** @throws MH_PROCESS_NOT_FOUND */
  getOptions(pid: Pid): ProcessOptions {
    const { trapLinks, upgradable } = this.#router.requireLocal(pid, 'read options of');
    return { trapLinks, upgradable };
  }

  /**
   * Changes options. Turning `trapLinks` off while a LINK_DOWN is still unread ends the process (§ 8.8).
   * @throws MH_PROCESS_NOT_FOUND
   */
  setOptions(pid: Pid, options: Partial<ProcessOptions>): void {
    const record = this.#router.requireLocal(pid, 'set options of');
    record.upgradable = options.upgradable ?? record.upgradable;
    record.trapLinks = options.trapLinks ?? record.trapLinks;
    if (!record.trapLinks && record.mailbox.hasEvent('linkDown')) {
      this.#reaper.kill(record, LINKED_PROCESS_FAILED);
    }
  }

  /** Sends OUTDATED to every upgradable process built from one of these entries (`process.md` § 7.4). */
  notifyOutdated(affected: ReadonlySet<EntryId>): void {
    for (const record of this.#processes.values()) {
      if (!record.upgradable) continue;
      const sources = outdatedSources(record, affected);
      if (sources.length > 0) this.#reaper.tellOutdated(record, sources);
    }
  }

  /**
   * Begins a session with another node: from now on its PIDs lead there. The transport hands what arrives to the
   * result and ends it when that node is down; an earlier session with a node of that name ends now.
   */
  attachNode(node: RemoteNode): AttachedNode {
    return this.#nodes.attach(node);
  }

  /** Makes a host known that is not running: spawning there says `stopped` instead of `not found`. */
  declareHost(hostId: string): void {
    this.#hosts.declare(hostId);
  }

  /**
   * Opens a host, or changes an open one. `mailboxLimit` counts for processes started from now on; default
   * MAILBOX_MESSAGES_MAX.
   * @throws MH_PROCESS_HOST_STOPPED while it is still stopping
   */
  openHost(hostId: string, options: { readonly mailboxLimit?: number | undefined } = {}): void {
    this.#hosts.open(hostId, options.mailboxLimit ?? MAILBOX_MESSAGES_MAX);
  }

  /**
   * Stops a host (`process.md` § 15.3): refuses newcomers, cancels its processes with `reason`, waits until they
   * have ended or `timeoutMs` passed, ends the rest with kind `Canceled`. Resolves when the host is empty.
   * Calling again with a shorter time hurries it; `Infinity` waits for ever.
   */
  closeHost(hostId: string, options: CloseOptions): Promise<void> {
    return this.#hosts.close(hostId, options);
  }

  /** Forgets a host after `closeHost`: its entry was deleted. */
  forgetHost(hostId: string): void {
    this.#hosts.forget(hostId);
  }

  /** Ends everything that still runs, with kind `Canceled`, and starts nothing from now on. Idempotent. */
  async stop(): Promise<void> {
    this.beginShutdown();
    this.#starter.stop();
    this.#hosts.shut();
    this.#reaper.endTails();
    for (const record of [...this.#processes.values()])
      this.#reaper.kill(record, canceled('scheduler shutdown'));
    // A process whose own code asked for the stop ends when that code has returned.
    while (this.#processes.size > 0) await new Promise<void>((resolve) => this.#clock.defer(resolve));
  }

  /** What runs right now, oldest first. */
  inspect(): ProcessSnapshot[] {
    return Array.from(this.#processes.values(), (record) => toSnapshot(record, this.#nameTable));
  }

  /** The hosts right now, those that are only declared too. */
  inspectHosts(): HostSnapshot[] {
    return this.#hosts.inspect();
  }

  /** Context values and identity of a process; `undefined` when there is no such process. */
  ambientOf(pid: Pid): Ambient | undefined {
    return this.#processes.get(pid)?.ambient;
  }

  /**
   * Lets somebody look on from now on, at what happens to all processes.
   * @returns ends it; nothing is told afterwards
   */
  observe(observer: ProcessObserver): () => void {
    return this.#observers.add(observer);
  }

  /** Messages a process has not taken yet; 0 when there is no such process. */
  unreadOf(pid: Pid): number {
    return this.#processes.get(pid)?.mailbox.messageCount ?? 0;
  }

  /** Number of live processes, function calls and connections included. */
  get processCount(): number {
    return this.#processes.size;
  }

  /** Spawn-or-signal: when the name has a holder, the messages go there and nothing is started (§ 10.5). */
  #signalHolder(request: StartOptions): Pid | undefined {
    if (request.name === undefined) return undefined;
    assertName(request.name);
    const holder = this.#router.find(request.name);
    if (holder === undefined) return undefined;
    if (holder.kind === 'local') assertReachable(holder);
    deliverAll(holder, request);
    for (const { topic } of request.messages ?? []) {
      this.#observers.current?.sent(request.caller, holder.pid, topic);
    }
    return holder.pid;
  }

  /** What a spawn is to start; or the PID of who holds its name already. */
  #conceive(request: SpawnRequest): Pid | Birth {
    const holder = this.#signalHolder(request);
    if (holder !== undefined) return holder;
    const entryId = assertEntryId(request.entryId);
    const host = this.#hosts.require(request.hostId);
    const program = this.#source.open({ entryId, role: 'process' });
    return { program, hostId: request.hostId, host, role: 'process', mailboxLimit: host.mailboxLimit };
  }

  #residentsOf(host: ProcessHost): ProcessRecord[] {
    return [...this.#processes.values()].filter((record) => record.host === host);
  }
}

function canceled(message: string): Failure {
  return { kind: 'Canceled', message, retryable: false };
}
