/**
 * What arrives from one other node. Nodes of a cluster trust each other with their processes: a signal may do
 * whatever a process here may do, and nothing it could not. It speaks for processes of its own node only; an EXIT or
 * LINK_DOWN reaches only who is tied to its sender; a credit opens only receipts that went to that node.
 */
import { type ErrorCode, type Log, NODE_CREDITS_MAX, type Pid } from '../../base/index.ts';
import type { Reaper } from '../life/reaper.ts';
import { type Outcome, PROCESS_GONE, type Receipt, TERMINATED } from '../mail/message.ts';
import type { ProcessRecord } from '../record/record.ts';
import type { NodeSession, RemoteRef } from '../session/session.ts';
import type { Signal } from '../session/signal.ts';
import { isReachable, isTopic } from '../table/refusal.ts';
import { acceptLink, acceptUnlink } from '../table/ties.ts';
import type { RemoteWatches } from './watches.ts';

/** What arriving signals act on. */
export interface InboundOptions {
  readonly log: Log;
  readonly session: NodeSession;
  readonly processes: ReadonlyMap<Pid, ProcessRecord>;
  readonly reaper: Reaper;
  readonly watches: RemoteWatches;
}

type SignalOf<K extends Signal['kind']> = Extract<Signal, { readonly kind: K }>;

const GONE: Outcome = { ok: false, failure: PROCESS_GONE };

/** Acts on arriving signals, for the length of one session. */
export class Inbound {
  refusedCount = 0;
  droppedCount = 0;
  readonly #options: InboundOptions;
  /** How every PID of that node begins. */
  readonly #prefix: string;
  /** Messages with a credit that lie in mailboxes here. */
  #credited = 0;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#prefix = `{${options.session.name}@`;
  }

  /** See `AttachedNode.accept`. */
  accept(signal: Signal): void {
    const { session } = this.#options;
    if (session.isOver) return;
    if (!this.#maySpeak(signal)) {
      this.#drop(signal, 'it speaks for a process of another node');
      return;
    }
    switch (signal.kind) {
      case 'message':
        this.#message(signal);
        break;
      case 'link':
        this.#link(signal);
        break;
      case 'unlink':
        this.#unlink(signal);
        break;
      case 'monitor':
        this.#monitor(signal);
        break;
      case 'unmonitor':
        this.#find(signal.to)?.monitors?.delete(signal.from);
        break;
      case 'cancel':
        this.#cancel(signal);
        break;
      case 'terminate':
        this.#terminate(signal);
        break;
      case 'exit':
      case 'linkDown':
        this.#ended(signal);
        break;
      case 'credit':
        session.redeem(signal.ids);
        break;
      case 'refused':
        this.#refused(signal);
        break;
      default:
        this.#drop(signal satisfies never, 'its kind is unknown');
    }
  }

  #message({ from, to, topic, payloads, credit }: SignalOf<'message'>): void {
    const { session } = this.#options;
    const record = this.#find(to);
    const receipt = credit === undefined ? undefined : this.#receipt(credit);
    const refusal = this.#refusalOf(record, topic, receipt);
    if (refusal === undefined && record!.mailbox.push(from, topic, payloads, receipt)) {
      if (credit !== undefined) this.#credited++;
      return;
    }
    if (credit !== undefined) session.giveBack(credit);
    this.#refuse(to, from, refusal ?? 'MH_PROCESS_MAILBOX_FULL');
  }

  /** The judgement of a local `send`. */
  #refusalOf(
    record: ProcessRecord | undefined,
    topic: string,
    receipt: Receipt | undefined,
  ): ErrorCode | undefined {
    if (record === undefined) return 'MH_PROCESS_NOT_FOUND';
    if (!isTopic(topic)) return 'MH_PROCESS_ARGUMENT_INVALID';
    if (receipt === undefined) return isReachable(record) ? undefined : 'MH_PROCESS_HOST_STOPPED';
    // Receipted messages are exempt from the limit of a mailbox because their sender bounds itself; this one says so.
    return this.#credited < NODE_CREDITS_MAX ? undefined : 'MH_PROCESS_MAILBOX_FULL';
  }

  #receipt(credit: number): Receipt {
    return {
      taken: () => {
        this.#credited--;
        this.#options.session.giveBack(credit);
      },
    };
  }

  #link({ from, to, half }: SignalOf<'link'>): void {
    const record = this.#find(to);
    if (record !== undefined) acceptLink(record, this.#refTo(from), half);
    else this.#options.session.report({ kind: 'linkDown', from: to, to: from, outcome: GONE });
  }

  #unlink({ from, to, ownHalf, otherHalf }: SignalOf<'unlink'>): void {
    const record = this.#find(to);
    // What the sender calls its own half is the other half here.
    if (record !== undefined) acceptUnlink(record, from, { ownHalf: otherHalf, otherHalf: ownHalf });
  }

  #monitor({ from, to }: SignalOf<'monitor'>): void {
    const record = this.#find(to);
    if (record === undefined) {
      this.#options.session.report({ kind: 'exit', from: to, to: from, outcome: GONE });
      return;
    }
    record.monitors ??= new Map();
    record.monitors.set(from, this.#refTo(from));
  }

  #cancel({ from, to, reason }: SignalOf<'cancel'>): void {
    const sender = from === '' ? undefined : from;
    const record = this.#find(to);
    if (record === undefined) this.#refuse(to, sender, 'MH_PROCESS_NOT_FOUND');
    else if (!this.#options.reaper.tellCancel(record, from, reason))
      this.#refuse(to, sender, 'MH_PROCESS_MAILBOX_FULL');
  }

  #terminate({ to }: SignalOf<'terminate'>): void {
    const record = this.#find(to);
    if (record === undefined) this.#refuse(to, undefined, 'MH_PROCESS_NOT_FOUND');
    else this.#options.reaper.kill(record, TERMINATED);
  }

  #ended({ kind, from, to, outcome }: SignalOf<'exit' | 'linkDown'>): void {
    const { reaper, watches } = this.#options;
    // First of all the names of the dead, which nobody may find any more who hears of the end (process.md 8.10).
    watches.ended(from, outcome);
    const record = this.#find(to);
    if (record === undefined) return;
    if (kind === 'linkDown') {
      if (record.links?.delete(from) === true) reaper.breakLink(record, from, outcome);
    } else if (record.monitoring?.delete(from) === true) reaper.tellExit(record, from, outcome);
  }

  #refused({ from, to, code }: SignalOf<'refused'>): void {
    this.refusedCount++;
    this.#options.log.debug('refused by another node', { from: to, to: from, code });
  }

  #find(pid: Pid): ProcessRecord | undefined {
    const record = this.#options.processes.get(pid);
    return record?.phase === 'ending' ? undefined : record;
  }

  #refTo(pid: Pid): RemoteRef {
    return { kind: 'remote', pid, session: this.#options.session };
  }

  #refuse(by: Pid, sender: Pid | undefined, code: ErrorCode): void {
    this.#options.session.report({ kind: 'refused', from: by, to: sender, code });
  }

  #maySpeak(signal: Signal): boolean {
    if (!('from' in signal) || signal.from === undefined || signal.from === '') return true;
    return signal.from.startsWith(this.#prefix);
  }

  /** A node that does this has a fault or was taken over: said once, counted always. */
  #drop({ kind }: Signal, cause: string): void {
    const { log, session } = this.#options;
    if (this.droppedCount++ === 0) log.warn('signal dropped', { node: session.name, kind, cause });
  }
}
