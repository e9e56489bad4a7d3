/**
 * The process behind a client PID, whatever its wire (`relay.md` § 4-7, § 10): reads the mailbox, knows the target,
 * tells it of join, heartbeats and leave, and ends once. The wire is a `Client`: a WebSocket or an event stream.
 *
 * Ways it ends, and why each is safe:
 *   the wire says so     client gone, closing, silent, too slow or against the rules: `end` from the wire's own
 *                        callback; the leave goes out then, the PID ends in the next step
 *   the mailbox says so  request to close, cancel, exit of the target, broken link: `end` inside `step`
 *   the system says so   terminate: `close` without a `done` before it
 *   the server says so   it stops: as the wire
 *   a fault of ours      `fail`: the log has it, the connection ends as an internal error
 * `#ending` is set by the first of them and never changes; the others then find nothing to do.
 */
import { formatDurationNs, HubError, type Pid, RELAY_STEP_MESSAGES_MAX } from '../../base/index.ts';
import { type LuaValue, makeText } from '../../lua/index.ts';
import type { Message, Outcome, ProcessContext, Program, Receipt, StepResult } from '../../process/index.ts';
import { UNCOUNTED, UnreadCounter } from '../flow/unread.ts';
import type { RelayContext } from './context.ts';
import { ENDINGS, type Ending, endingOfLinked, endingOfTarget } from './ending.ts';
import type { ParsedFields } from './fields.ts';
import { Heartbeat } from './heartbeat.ts';
import { InboundPayloads, type PayloadMode } from './inbound.ts';
import { tryReadCommand } from './outbound.ts';
import { resolveTarget } from './target.ts';

/** The wire of a connection, seen from its process. */
export interface Client {
  /** What heartbeats report: messages from the client (B4), or events to it (Q5). */
  readonly messageCount: number;
  /** A message from any process, not only the target (P2). What it writes may wait for `flush`. */
  receive(message: Message): void;
  /** The step is over: what was written leaves in one go. */
  flush(): void;
  /** A heartbeat is due; the target hears of it afterwards. */
  beat(): void;
  /** The connection left the open state: says so to the client and lets go. Called once. */
  end(ending: Ending): void;
}

/** What tells the connections of one relay from those of the other. */
export interface ClientKind {
  /** What `inspect` reports as the code of the process. */
  readonly entryId: string;
  readonly joinTopic: string;
  readonly leaveTopic: string;
  readonly heartbeatTopic: string;
  /** Value of a normal exit (P4). */
  readonly exitValue: string;
  /** Whether leave and EXIT carry the close code. */
  readonly hasCloseCodes: boolean;
}

/** What the handshake decided for any connection. */
export interface ClientSettings {
  /** `undefined` = detached (Q4). */
  readonly target: Pid | undefined;
  readonly payloadMode: PayloadMode;
  /** `0` = off. */
  readonly heartbeatMs: number;
  readonly metadata: LuaValue | undefined;
}

/** What became of a message to the target. */
export type Delivered =
  | 'delivered'
  /** There is no target, or its exit event follows. */
  | 'gone'
  /** Its node takes no more at the moment: try again later. */
  | 'congested';

const WAITING: StepResult = { kind: 'waiting' };
const READY: StepResult = { kind: 'ready' };

export class ClientProcess implements Program {
  readonly heartbeat: Heartbeat;
  readonly #relay: RelayContext;
  readonly #kind: ClientKind;
  readonly #settings: ClientSettings;
  readonly #client: Client;
  #context!: ProcessContext;
  #payloads!: InboundPayloads;
  #target: Pid | undefined;
  #ending: Ending | undefined;
  #openedAtMs = 0;
  #unreadHeartbeat = countUnreadHeartbeat();

  constructor(relay: RelayContext, kind: ClientKind, settings: ClientSettings, client: Client) {
    this.#relay = relay;
    this.#kind = kind;
    this.#settings = settings;
    this.#client = client;
    this.#target = settings.target;
    this.heartbeat = new Heartbeat(relay.clock, () => this.#beat());
  }

  get entryId(): string {
    return this.#kind.entryId;
  }

  get pid(): Pid {
    return this.#context.pid;
  }

  /** Makes what the target receives. */
  get payloads(): InboundPayloads {
    return this.#payloads;
  }

  /** Where client messages go; `undefined` = nowhere (Q4). */
  get target(): Pid | undefined {
    return this.#target;
  }

  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  init(context: ProcessContext): void {
    this.#context = context;
    this.#payloads = new InboundPayloads(this.#settings.payloadMode, context.pid);
    this.#payloads.setMetadata(this.#settings.metadata);
    this.#relay.clientPids.add(context.pid);
  }

  /**
   * The client's response head is on the wire: monitors the target, joins it (H12), and beats from now on.
   * @returns false when the target is gone already: end with `ENDINGS.targetFailed` once the wire is open
   */
  open(): boolean {
    const { clock, system } = this.#relay;
    // Links do not kill a connection: it closes with a code its client can read (P5).
    system.setOptions(this.pid, { trapLinks: true });
    this.#openedAtMs = clock.monotonicMs();
    if (this.#target !== undefined) {
      if (this.#monitor(this.#target) !== undefined) {
        this.#target = undefined;
        return false;
      }
      this.deliver(this.#kind.joinTopic, this.#payloads.join());
    }
    this.heartbeat.start(this.#settings.heartbeatMs);
    return true;
  }

  step(): StepResult {
    const { mailbox } = this.#context;
    try {
      for (let handled = 0; this.#ending === undefined; handled++) {
        if (handled === RELAY_STEP_MESSAGES_MAX) {
          this.#client.flush();
          return READY;
        }
        const mail = mailbox.takeNext();
        if (mail === undefined) {
          this.#client.flush();
          return WAITING;
        }
        switch (mail.kind) {
          case 'message': // from any process, not only the target (P2)
            this.#client.receive(mail);
            break;
          case 'exit': // of the target; late ones of an earlier target mean nothing (T1)
            if (mail.from !== this.#target) break;
            this.#target = undefined; // G9: the dead get no leave
            this.end(endingOfTarget(mail.outcome));
            break;
          case 'linkDown': // a linked process failed (P5)
            this.end(endingOfLinked(mail.outcome));
            break;
          case 'cancel': // process.cancel(client_pid) (P6)
            this.end({ reason: mail.reason || 'cancelled', code: 1000, isAbnormal: false });
            break;
          case 'outdated': // code of the application changed; a connection runs none
            break;
          default: {
            const impossible: never = mail;
            return impossible;
          }
        }
      }
    } catch (error) {
      this.fail(error);
    }
    return { kind: 'done', outcome: this.#toOutcome(this.#ending!), tail: false };
  }

  /** The process ended: after `done`, or because it was terminated (P6). */
  close(): void {
    this.end(ENDINGS.terminated);
    this.#relay.clientPids.delete(this.pid);
    this.#relay.farewell.look();
  }

  /** Leaves the open state: tells the target and the client; the next step ends the process (G6). Idempotent. */
  end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.heartbeat.stop();
    if (this.#target !== undefined)
      this.#leave(this.#target, this.#payloads.leave(ending.reason, this.#codeOf(ending)));
    this.#client.end(ending);
    this.#relay.slot.observer?.closed(this.pid, ending);
    this.#context.wake();
  }

  /** Something of ours threw: that is the end of this connection, and of no other (L8). */
  fail(error: unknown): void {
    this.#relay.log.error('relay connection failed', { pid: this.pid, error });
    this.end(ENDINGS.internalError);
  }

  /** Puts a message into the target's mailbox. */
  deliver(topic: string, payload: LuaValue, receipt: Receipt = UNCOUNTED): Delivered {
    return this.#target === undefined ? 'gone' : this.#tell(this.#target, topic, payload, receipt);
  }

  /** Takes back what the target did not take of a counted delivery: the budget needs its memory (L8). */
  withdraw(receipt: Receipt): void {
    if (this.#target !== undefined) this.#relay.system.withdraw(this.#target, receipt);
  }

  /** Reads a control message; `undefined` (and a warning) when it is none (X1, X2). */
  readControl<Fields>(
    message: Message,
    payload: LuaValue | undefined,
    parse: (command: LuaValue) => ParsedFields<Fields>,
  ): Fields | undefined {
    const command = tryReadCommand(payload);
    if (command === undefined) {
      this.warn('relay control ignored', message, 'it is neither a table nor a JSON object');
      return undefined;
    }
    const parsed = parse(command);
    if (parsed.ok) return parsed.fields;
    this.warn('relay control ignored', message, parsed.cause);
    return undefined;
  }

  /**
   * Applies target and metadata of a control message, all or nothing (X2, Q9).
   * @param change absent fields stay as they are; an empty target detaches
   * @param order who hears first of a new target: the old one, in its leave (X6), or the new one, in its join (Q9)
   * @returns whether they were applied; if not, a warning says why
   */
  retarget(
    message: Message,
    change: { readonly target: string | undefined; readonly metadata: LuaValue | undefined },
    order: 'leave first' | 'join first',
  ): boolean {
    const old = this.#target;
    let next = old;
    if (change.target === '') next = undefined;
    else if (change.target !== undefined) {
      next = this.#tryMonitor(message, change.target);
      if (next === undefined) return false;
    }
    const leave = next === old ? undefined : this.#payloads.leave('transferred', undefined); // X6: old metadata
    if (change.metadata !== undefined) this.#payloads.setMetadata(change.metadata);
    if (leave === undefined) return true; // X5
    const leaveOld = (): void => {
      if (old !== undefined) this.#leave(old, leave);
    };
    if (order === 'leave first') leaveOld();
    this.#target = next;
    this.#unreadHeartbeat = countUnreadHeartbeat();
    this.deliver(this.#kind.joinTopic, this.#payloads.join());
    if (old !== undefined) this.#relay.system.unmonitor(this.pid, old);
    if (order === 'join first') leaveOld();
    return true;
  }

  /** A process sent something that cannot be used: its author should know. */
  warn(event: string, message: Message, cause: string): void {
    this.#relay.log.warn(event, { pid: this.pid, from: message.from, topic: message.topic, cause });
  }

  /** The live process behind a destination, monitored; `undefined` (and a warning) when it cannot be a target. */
  #tryMonitor(message: Message, destination: string): Pid | undefined {
    const target = resolveTarget(this.#relay, destination);
    if (typeof target !== 'string') {
      this.warn('relay control ignored', message, target.cause ?? target.body);
      return undefined;
    }
    const refused = target === this.#target ? undefined : this.#monitor(target);
    if (refused === undefined) return target;
    this.warn('relay control ignored', message, refused.message);
    return undefined;
  }

  /** @returns why it cannot be monitored. */
  #monitor(target: Pid): HubError | undefined {
    try {
      this.#relay.system.monitor(this.pid, target);
      return undefined;
    } catch (error) {
      if (error instanceof HubError) return error;
      throw error;
    }
  }

  /** § 9, Q5. The target is skipped while it has not taken the last one (B5). */
  #beat(): void {
    this.#client.beat();
    const unread = this.#unreadHeartbeat;
    if (this.#target === undefined || !unread.isEmpty) return;
    const uptimeMs = Math.round(this.#relay.clock.monotonicMs() - this.#openedAtMs);
    const payload = this.#payloads.heartbeat(formatDurationNs(uptimeMs * 1e6), this.#client.messageCount);
    if (this.deliver(this.#kind.heartbeatTopic, payload, unread) === 'delivered') unread.add(0);
  }

  #leave(target: Pid, payload: LuaValue): void {
    const receipt = this.#relay.farewell.leaveTo(target);
    if (this.#tell(target, this.#kind.leaveTopic, payload, receipt) !== 'delivered') receipt.taken();
  }

  #tell(target: Pid, topic: string, payload: LuaValue, receipt: Receipt): Delivered {
    try {
      this.#relay.system.send(this.pid, target, topic, [payload], receipt);
      return 'delivered';
    } catch (error) {
      if (error instanceof HubError) return error.code === 'MH_CLUSTER_CONGESTED' ? 'congested' : 'gone';
      throw error;
    }
  }

  /** What monitors of the client PID see (P4). */
  #toOutcome(ending: Ending): Outcome {
    const { reason, isAbnormal } = ending;
    const code = this.#codeOf(ending);
    const fields = code === undefined ? { reason } : { code, reason };
    if (!isAbnormal) return { ok: true, value: makeText(this.#kind.exitValue), fields };
    return { ok: false, failure: { kind: 'Unavailable', message: reason, retryable: false }, fields };
  }

  #codeOf(ending: Ending): number | undefined {
    return this.#kind.hasCloseCodes ? ending.code : undefined;
  }
}

/** Heartbeats a target may leave unread: one. */
function countUnreadHeartbeat(): UnreadCounter {
  return new UnreadCounter({ messagesMax: 1, bytesMax: Number.POSITIVE_INFINITY }, () => {});
}
