/**
 * What nobody will read any more: the messages a process left in its mailbox, counted for the log (`relay.md` L10). One
 * line for a process, with the topics and senders that have the most; beyond UNREAD_LINES_MAX lines a second the rest is
 * added up in one, because a host with 10,000 processes may lose them all at once.
 */
import type { Clock, Log, Pid, Timer } from '../../base/index.ts';
import type { Mailbox } from './mailbox.ts';

/** Lines in one second. Beyond: added up, and said when the second is over. */
const UNREAD_LINES_MAX = 20;
const UNREAD_LINES_MS = 1_000;

/** Topics and senders one line names. Beyond: counted as `others`. */
const UNREAD_NAMES_MAX = 5;

/** Characters of a topic in the log. Beyond: cut. */
const UNREAD_TOPIC_LENGTH_MAX = 80;

/** Who left messages unread. */
export interface UnreadOwner {
  readonly pid: Pid;
  readonly entryId: string;
  readonly mailbox: Mailbox;
  /** What it is that leaves it: a line for people, or one for those who look closely. */
  readonly level: 'warn' | 'debug';
}

/** Says what was lost. */
export class UnreadLog {
  readonly #clock: Clock;
  readonly #log: Log;
  #lines = 0;
  #unsaid = { processes: 0, messages: 0 };
  #timer: Timer | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** To be called before the mailbox is closed; says nothing of an empty one. */
  report({ pid, entryId, mailbox, level }: UnreadOwner): void {
    const count = mailbox.messageCount;
    if (count === 0 || !this.#log.isEnabled(level)) return;
    this.#timer ??= this.#clock.setTimer(UNREAD_LINES_MS, () => this.#beginSecond());
    if (++this.#lines > UNREAD_LINES_MAX) {
      this.#unsaid.processes++;
      this.#unsaid.messages += count;
      return;
    }
    const topics = new Map<string, number>();
    const senders = new Map<string, number>();
    for (const { topic, from } of mailbox.unread()) {
      add(topics, topic);
      add(senders, from ?? 'host');
    }
    const fields = { pid, entry: entryId, count, topics: most(topics), senders: most(senders) };
    this.#log[level]('unread messages lost', fields);
  }

  #beginSecond(): void {
    const { processes, messages } = this.#unsaid;
    this.#timer = undefined;
    this.#lines = 0;
    this.#unsaid = { processes: 0, messages: 0 };
    if (processes > 0) this.#log.warn('unread messages lost', { processes, count: messages });
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Those with the most, the most first. */
function most(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const named = sorted.slice(0, UNREAD_NAMES_MAX).map(([name, count]) => [cut(name), count] as const);
  const others = sorted.slice(UNREAD_NAMES_MAX).reduce((sum, [, count]) => sum + count, 0);
  return Object.fromEntries(others === 0 ? named : [...named, ['others', others]]);
}

function cut(name: string): string {
  return name.length <= UNREAD_TOPIC_LENGTH_MAX ? name : `${name.slice(0, UNREAD_TOPIC_LENGTH_MAX)}…`;
}
