/**
 * One byte budget for everything that waits in a hub for somebody slow: what was read and not taken, what was written
 * and not fetched. Bounds of single queues add up to any sum; this one does not.
 *
 * It knows bytes and nothing else. Whoever lets bytes wait opens an account and says what it holds; what the budget
 * asks in return is to stop taking in (`pause`), to go on (`resume`), or to let go (`drop`).
 *
 * Two measures, both in proportion to what is free (dynamic thresholds, Choudhury and Hahne, 1998: in a shared buffer
 * a queue may have as much as a fixed multiple of what is left, so greedy ones settle at equal lengths and there is
 * always room for a newcomer):
 *   pausing   beyond half of the limit, an account may hold a quarter of what is free (for readers: of seven eighths
 *             of the limit; the rest is for what comes before a pause takes hold), and all accounts of one owner or
 *             for one sink together as much as is free. Whoever holds more is paused. Nobody is harmed by it.
 *             What is unfinished, such as half a message, moves only when the rest comes: it is not paused before three
 *             quarters are in use, and goes on in turns, as many at a time as there is room for what they still need.
 *   dropping  what cannot be paused, or does not move, ends: above the limit the worst are dropped until an eighth is
 *             free again; one at a time, the worst of those that stood still for STALLED_MS above three quarters, or
 *             for PAUSED_MS while they were paused.
 * The worst is the largest product of what it holds, of the square of what its owner holds, and of how long nothing
 * of it has moved: many small accounts of one owner, or one that now and then moves a byte, gain nothing by it. An
 * account below half of the mean is never chosen, and never paused for what it holds itself.
 *
 * A report is a few additions. Accounts are looked through only by the clock, and above the limit, where a look
 * either frees an eighth of the limit or is not repeated before the next tick.
 */
import type { Clock, Timer } from './clock.ts';

/** What the budget may ask of whoever holds bytes. None of them may throw. */
export interface ByteHolder {
  /** Take nothing more in. Absent = it cannot stop others from giving. */
  pause?(): void;
  /** Go on. Only after `pause`. */
  resume?(): void;
  /** Let go of what you hold, now, and for good. Called at most once. Absent = others will take it. */
  drop?(): void;
}

/** Who opens an account. */
export interface AccountOptions {
  /** What is held, for whoever looks: `messages`, `frames`, `bodies`, ... */
  readonly kind: string;
  /** On whose behalf, e.g. the address of a client: accounts of one owner answer for each other. */
  readonly owner: string;
  /** Who is to take it, e.g. the PID of a process: what waits for one that is slow must leave room for the others. */
  readonly sink?: string;
  /** It holds a part of something that goes nowhere before the rest is here; see `ByteAccount.expect`. Default false. */
  readonly isUnfinished?: boolean;
  readonly holder: ByteHolder;
}

/** What a budget is made of. */
export interface ByteBudgetOptions {
  readonly limitBytes: number;
  readonly clock: Clock;
  /** Told before one is dropped: what it holds, of how much. Must not throw. Default: nobody is told. */
  readonly onDrop?: (dropped: {
    readonly kind: string;
    readonly bytes: number;
    readonly usedBytes: number;
    readonly limitBytes: number;
  }) => void;
}

/** What the budget looks like at one moment. Plain data. */
export interface ByteBudgetSnapshot {
  readonly limitBytes: number;
  readonly usedBytes: number;
  /** By kind; kinds that hold nothing are left out. */
  readonly bytesByKind: Readonly<Record<string, number>>;
  /** Accounts that are open. */
  readonly accounts: number;
  /** Accounts that are paused now. */
  readonly paused: number;
  /** How often one was paused, and how many were dropped, so far. */
  readonly pausesTotal: number;
  readonly dropsTotal: number;
}

/** Milliseconds between two looks while more than half is in use or somebody is paused. */
const TICK_MS = 250;
/** How long nothing of an account may move in a budget that is nearly used up. Beyond: it may be dropped. */
const STALLED_MS = 5_000;
/** How long nothing of a paused account may move. Beyond: it waits for room that does not come, and is dropped. */
const PAUSED_MS = 30_000;
/** How long an unfinished one that goes on may take before it waits for its turn again. */
const TURN_MS = 2_000;
/** What a reader that goes on may bring at once: one piece of a socket. */
const PIECE_BYTES = 65_536;
/** Parts of the limit. Up to here nobody is asked anything. */
const PLENTY = 1 / 2;
/** From here on what stands still is dropped. */
const SCARCE = 3 / 4;
/** What readers may fill, and what is left in use when the limit was passed. */
const FILLED = 7 / 8;
/** What an owner may have for his readers, and a sink, however little is free. */
const MODEST_SHARE = 1 / 16;
/** Accounts of this size do not count when the mean is taken, and are never paused for others. */
const SMALL_BYTES = 4_096;

/** The budget of one hub. */
export class ByteBudget {
  readonly limitBytes: number;
  readonly #clock: Clock;
  readonly #onDrop: ByteBudgetOptions['onDrop'];
  readonly #accounts = new Set<ByteAccount>();
  readonly #paused = new Set<ByteAccount>();
  /** Unfinished ones whose turn it is to go on. */
  readonly #turns = new Set<ByteAccount>();
  readonly #shares = new Map<string, Share>();
  readonly #bytesByKind = new Map<string, number>();
  #usedBytes = 0;
  #pausesTotal = 0;
  #dropsTotal = 0;
  /** Ticks so far: the time of this class. It stands still while there is plenty. */
  #tick = 0;
  #timer: Timer | undefined;
  /** Half of the mean: who holds less is never paused for itself, and never dropped. As of the last look. */
  #modestBytes = 0;
  /** The tick of the last look above the limit that did not help. */
  #helplessTick = -1;

  constructor({ limitBytes, clock, onDrop }: ByteBudgetOptions) {
    this.limitBytes = limitBytes;
    this.#clock = clock;
    this.#onDrop = onDrop;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Opens an account that holds nothing yet. */
  open(options: AccountOptions): ByteAccount {
    const { owner, sink, holder, isUnfinished = false } = options;
    const shares: Share[] = [];
    // Only what could be paused counts: what a sender gives to slow clients is no reason to pause their words.
    if (holder.pause !== undefined && !isUnfinished) {
      shares.push(this.#share(`owner ${owner}`));
      if (sink !== undefined) shares.push(this.#share(`sink ${sink}`));
    }
    const account = new ByteAccount(options, shares, this.#ledger);
    this.#accounts.add(account);
    return account;
  }

  inspect(): ByteBudgetSnapshot {
    return {
      limitBytes: this.limitBytes,
      usedBytes: this.#usedBytes,
      bytesByKind: Object.fromEntries([...this.#bytesByKind].filter(([, bytes]) => bytes > 0)),
      accounts: this.#accounts.size,
      paused: this.#paused.size,
      pausesTotal: this.#pausesTotal,
      dropsTotal: this.#dropsTotal,
    };
  }

  /** The side of the budget its accounts see. */
  readonly #ledger: Ledger = {
    tick: () => this.#tick,
    changed: (account, bytes) => {
      this.#usedBytes += bytes;
      this.#bytesByKind.set(account.kind, (this.#bytesByKind.get(account.kind) ?? 0) + bytes);
    },
    grown: (account) => {
      if (this.#usedBytes <= this.limitBytes * PLENTY) return;
      this.#watch();
      if (!account.isPaused && account.canPause && this.#isOver(account, 1)) this.#pause(account);
      if (this.#usedBytes > this.limitBytes) this.#relieve();
    },
    shrunk: (account) => {
      if (account.isPaused && !account.isUnfinished && !this.#isOver(account, 0.5)) this.#resume(account);
    },
    left: (account) => void this.#paused.delete(account),
    closed: (account) => {
      this.#accounts.delete(account);
      this.#turns.delete(account);
      for (const share of account.shares) if (--share.accounts === 0) this.#shares.delete(share.key);
    },
  };

  #share(key: string): Share {
    let share = this.#shares.get(key);
    if (share === undefined) {
      share = { key, bytes: 0, accounts: 0 };
      this.#shares.set(key, share);
    }
    share.accounts++;
    return share;
  }

  /** Whether it holds more than its part, or those it shares with more than theirs. */
  #isOver(account: ByteAccount, part: number): boolean {
    if (account.isUnfinished) return this.#isUnfinishedOver(account);
    if (this.#usedBytes <= this.limitBytes * PLENTY) return false;
    const free = this.limitBytes * FILLED - this.#usedBytes;
    if (account.bytes > Math.max(free / 4, this.#modestBytes) * part) return true;
    // Whoever holds little himself does not pay for his neighbours: behind a proxy all have one address.
    if (account.bytes <= Math.max(this.#modestBytes, SMALL_BYTES)) return false;
    const shareMax = Math.max(free, this.limitBytes * MODEST_SHARE);
    return account.shares.some(({ bytes }) => bytes > shareMax * part);
  }

  /** In its turn one may go on as long as there is room at all. */
  #isUnfinishedOver(account: ByteAccount): boolean {
    const part = account.turnEndsAtTick > this.#tick ? FILLED : SCARCE;
    return this.#usedBytes > this.limitBytes * part;
  }

  #pause(account: ByteAccount): void {
    account.pausedAtTick = this.#tick;
    account.isPaused = true;
    this.#paused.add(account);
    this.#pausesTotal++;
    account.holder.pause!();
  }

  #resume(account: ByteAccount): void {
    account.isPaused = false;
    this.#paused.delete(account);
    account.holder.resume?.();
  }

  #watch(): void {
    this.#timer ??= this.#clock.setTimer(TICK_MS, () => {
      this.#timer = undefined;
      this.#tick++;
      this.#dropStalled();
      this.#resumeSome();
      if (this.#usedBytes > this.limitBytes * PLENTY || this.#paused.size > 0) this.#watch();
    });
  }

  /** Those that waited longest first, and no more at once than there is room for what they bring. */
  #resumeSome(): void {
    let room = (this.limitBytes * FILLED - this.#usedBytes) / 4;
    for (const account of [...this.#paused]) {
      if (account.isUnfinished || this.#isOver(account, 0.5)) continue;
      this.#resume(account);
      room -= PIECE_BYTES;
      if (room < PIECE_BYTES) break;
    }
    this.#giveTurns();
  }

  /** Unfinished ones go on in the order they were paused; each has room set aside for what it still needs. */
  #giveTurns(): void {
    let room = this.limitBytes * FILLED - this.#usedBytes;
    for (const account of this.#turns) {
      if (account.isPaused || account.turnEndsAtTick <= this.#tick) this.#turns.delete(account);
      else room -= account.missingBytes;
    }
    for (const account of [...this.#paused]) {
      if (!account.isUnfinished || account.missingBytes > room) continue;
      account.turnEndsAtTick = this.#tick + TURN_MS / TICK_MS;
      this.#turns.add(account);
      room -= account.missingBytes;
      this.#resume(account);
    }
  }

  /** Above the limit: drops the worst until an eighth is free. */
  #relieve(): void {
    if (this.#helplessTick === this.#tick) return;
    for (const { account } of this.#rank()) {
      this.#drop(account);
      if (this.#usedBytes <= this.limitBytes * FILLED) return;
    }
    this.#helplessTick = this.#tick;
  }

  /** One at a time: what it leaves may set others in motion. */
  #dropStalled(): void {
    const isScarce = this.#usedBytes > this.limitBytes * SCARCE;
    const isFilled = this.#usedBytes > this.limitBytes * FILLED;
    const stalled = this.#rank().find(({ account }) => {
      const { isPaused, isUnfinished, pausedAtTick } = account;
      const pausedMs = isPaused ? (this.#tick - pausedAtTick) * TICK_MS : 0;
      if (isUnfinished) return pausedMs >= (isFilled ? STALLED_MS : PAUSED_MS);
      const ageMs = this.#ageMs(account);
      return (isScarce && ageMs >= STALLED_MS) || (isPaused && ageMs >= PAUSED_MS);
    });
    if (stalled !== undefined) this.#drop(stalled.account);
  }

  #drop(account: ByteAccount): void {
    const { holder, kind, bytes } = account;
    account.abandon();
    this.#dropsTotal++;
    this.#onDrop?.({ kind, bytes, usedBytes: this.#usedBytes, limitBytes: this.limitBytes });
    holder.drop!();
  }

  /** Those that can be dropped, the worst first. */
  #rank(): { readonly account: ByteAccount; readonly score: number }[] {
    const byOwner = new Map<string, number>();
    let sum = 0;
    let count = 0;
    for (const { owner, bytes } of this.#accounts) {
      byOwner.set(owner, (byOwner.get(owner) ?? 0) + bytes);
      if (bytes < SMALL_BYTES) continue;
      sum += bytes;
      count++;
    }
    this.#modestBytes = sum / Math.max(1, count) / 2;
    const ranked = [];
    for (const account of this.#accounts) {
      if (!account.canDrop || account.bytes === 0 || account.bytes < this.#modestBytes) continue;
      const score = account.bytes * byOwner.get(account.owner)! ** 2 * (this.#ageMs(account) + TICK_MS);
      ranked.push({ account, score });
    }
    return ranked.sort((a, b) => b.score - a.score);
  }

  #ageMs(account: ByteAccount): number {
    return (this.#tick - account.movedAtTick) * TICK_MS;
  }
}

/** What accounts of one owner, or for one sink, hold that could be paused. */
interface Share {
  readonly key: string;
  bytes: number;
  accounts: number;
}

interface Ledger {
  tick(): number;
  changed(account: ByteAccount, bytes: number): void;
  grown(account: ByteAccount): void;
  shrunk(account: ByteAccount): void;
  left(account: ByteAccount): void;
  closed(account: ByteAccount): void;
}

const NOBODY: ByteHolder = Object.freeze({});

/** What one holder holds. */
export class ByteAccount {
  readonly kind: string;
  readonly owner: string;
  readonly shares: readonly Share[];
  readonly isUnfinished: boolean;
  readonly #ledger: Ledger;
  #expectedBytes = 0;
  #holder: ByteHolder;
  #bytes = 0;
  #isClosed = false;
  /** Bytes that came and went so far, and those that had come when `movedAtTick` was noted. */
  #cameBytes = 0;
  #wentBytes = 0;
  #markBytes = 0;
  #movedAtTick = 0;
  /** For the budget alone to set. */
  isPaused = false;
  pausedAtTick = 0;
  turnEndsAtTick = 0;

  constructor(
    { kind, owner, holder, isUnfinished = false }: AccountOptions,
    shares: readonly Share[],
    ledger: Ledger,
  ) {
    this.kind = kind;
    this.owner = owner;
    this.shares = shares;
    this.isUnfinished = isUnfinished;
    this.#holder = holder;
    this.#ledger = ledger;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get holder(): ByteHolder {
    return this.#holder;
  }

  get canPause(): boolean {
    return this.#holder.pause !== undefined;
  }

  get canDrop(): boolean {
    return this.#holder.drop !== undefined;
  }

  /** What is still to come before it is finished: as announced, else as much again as is here. */
  get missingBytes(): number {
    return Math.max(PIECE_BYTES, this.#expectedBytes === 0 ? this.#bytes : this.#expectedBytes - this.#bytes);
  }

  /** Of an unfinished one: how many bytes it comes to when all is here; 0 = that is not known. */
  expect(bytes: number): void {
    this.#expectedBytes = bytes;
  }

  /**
   * The tick at which everything it holds had not come yet: the age of the oldest byte, or less. One byte that leaves
   * makes nothing younger; all that was there has to.
   */
  get movedAtTick(): number {
    return this.#movedAtTick;
  }

  /**
   * So many bytes more wait. May pause or drop this holder, or others, before it returns.
   * @param charged what the budget is charged: less than `bytes` where another account holds the same memory
   */
  hold(bytes: number, charged = bytes): void {
    if (this.#isClosed) return;
    if (this.#bytes === 0) this.#mark();
    this.#bytes += bytes;
    this.#cameBytes += bytes;
    this.#count(bytes, charged);
    this.#ledger.grown(this);
  }

  /** So many wait no more. */
  release(bytes: number, charged = bytes): void {
    if (this.#isClosed) return;
    this.#bytes -= bytes;
    this.#wentBytes += bytes;
    if (this.#wentBytes >= this.#markBytes) this.#mark();
    this.#count(-bytes, -charged);
    this.#ledger.shrunk(this);
  }

  /** So many wait now, nobody else's among them. */
  set(bytes: number): void {
    if (bytes > this.#bytes) this.hold(bytes - this.#bytes);
    else if (bytes < this.#bytes) this.release(this.#bytes - bytes);
  }

  /** The holder is gone; what it held still waits to be taken by others, and is to be released by whoever takes it. */
  abandon(): void {
    this.#holder = NOBODY;
    this.isPaused = false;
    this.#ledger.left(this);
  }

  /** Nothing waits any more, and nothing is charged from here on. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.abandon();
    this.set(0);
    this.#isClosed = true;
    this.#ledger.closed(this);
  }

  #mark(): void {
    this.#markBytes = this.#cameBytes;
    this.#movedAtTick = this.#ledger.tick();
  }

  #count(bytes: number, charged: number): void {
    for (const share of this.shares) share.bytes += bytes;
    this.#ledger.changed(this, charged);
  }
}
