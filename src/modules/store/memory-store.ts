/** A key-value store in memory with expiry and versions (`modules.md` § 6). Values are opaque and never copied here. */
import { type Clock, HubError } from '../../base/index.ts';
import { charge } from '../../vm/index.ts';

/** One value with its version. */
export interface StoreEntry<T> {
  readonly key: string;
  readonly value: T;
  /** Grows with every write to the store; never used twice, so a deleted and rewritten key is another version. */
  readonly version: number;
}

interface Slot<T> extends StoreEntry<T> {
  /** On the monotonic clock; `Infinity` = never. */
  readonly expiresAtMs: number;
}

/** What a conditional write may ask for; at most one of the two. */
export interface PutOptions {
  /** Default: for ever. */
  readonly ttlMs?: number | undefined;
  readonly onlyIfAbsent?: boolean;
  readonly ifVersion?: string | undefined;
}

/** What `createMemoryStore` takes. */
export interface MemoryStoreOptions {
  readonly id: string;
  readonly clock: Clock;
  /** Keys it holds at most; 0 = any number. */
  readonly keysMax: number;
  /** How long an expired key may take up room. */
  readonly cleanupIntervalMs: number;
}

/** See the head of the file. */
export class MemoryStore<T> {
  readonly id: string;
  readonly #clock: Clock;
  readonly #keysMax: number;
  readonly #cleanupIntervalMs: number;
  readonly #slots = new Map<string, Slot<T>>();
  #version = 0;
  #cleanedAtMs: number;

  constructor(options: MemoryStoreOptions) {
    this.id = options.id;
    this.#clock = options.clock;
    this.#keysMax = options.keysMax;
    this.#cleanupIntervalMs = options.cleanupIntervalMs;
    this.#cleanedAtMs = options.clock.monotonicMs();
  }

  /** The live value of a key. */
  get(key: string): StoreEntry<T> | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined || slot.expiresAtMs > this.#clock.monotonicMs()) return slot;
    this.#slots.delete(key);
    return undefined;
  }

  /**
   * Writes a value.
   * @throws MH_STORE_KEY_EXISTS, MH_STORE_CONFLICT, MH_STORE_FULL; nothing is changed then.
   */
  put(key: string, value: T, options: PutOptions = {}): StoreEntry<T> {
    const existing = this.get(key);
    if (options.onlyIfAbsent === true && existing !== undefined) throw keyExists(key);
    if (options.ifVersion !== undefined && String(existing?.version) !== options.ifVersion) {
      throw conflict(key, options.ifVersion, existing?.version);
    }
    if (existing === undefined) this.#makeRoom(key);
    const expiresAtMs = this.#clock.monotonicMs() + (options.ttlMs ?? Number.POSITIVE_INFINITY);
    const slot: Slot<T> = { key, value, version: ++this.#version, expiresAtMs };
    this.#slots.set(key, slot);
    return slot;
  }

  /** @returns whether there was a live value. */
  delete(key: string): boolean {
    const hadValue = this.get(key) !== undefined;
    this.#slots.delete(key);
    return hadValue;
  }

  /** Live entries in key order, after `after`, at most `limit`. */
  list(options: { readonly prefix: string; readonly after: string; readonly limit: number }): {
    readonly items: readonly StoreEntry<T>[];
    readonly hasMore: boolean;
  } {
    this.#cleanup();
    // Looked at, and those that fit put in order.
    charge(this.#slots.size * 2);
    const keys = [...this.#slots.keys()]
      .filter((key) => key.startsWith(options.prefix) && key > options.after)
      .sort();
    charge(Math.ceil(keys.length * Math.log2(keys.length + 1)));
    return {
      items: keys.slice(0, options.limit).map((key) => this.#slots.get(key)!),
      hasMore: keys.length > options.limit,
    };
  }

  #makeRoom(key: string): void {
    const isFull = (): boolean => this.#keysMax > 0 && this.#slots.size >= this.#keysMax;
    if (isFull() || this.#clock.monotonicMs() - this.#cleanedAtMs >= this.#cleanupIntervalMs) this.#cleanup();
    if (!isFull()) return;
    throw new HubError('MH_STORE_FULL', {
      message: `Cannot store '${key}' in '${this.id}': it holds ${this.#keysMax} keys already`,
      hint: 'Give values a time to live, or raise max_size of the store.',
    });
  }

  #cleanup(): void {
    const nowMs = this.#clock.monotonicMs();
    charge(this.#slots.size);
    this.#cleanedAtMs = nowMs;
    for (const [key, slot] of this.#slots) if (slot.expiresAtMs <= nowMs) this.#slots.delete(key);
  }
}

function keyExists(key: string): HubError {
  return new HubError('MH_STORE_KEY_EXISTS', { message: `Cannot store '${key}': it has a value already` });
}

function conflict(key: string, wanted: string, found: number | undefined): HubError {
  return new HubError('MH_STORE_CONFLICT', {
    message: `Cannot store '${key}': expected version ${wanted}, got ${found ?? 'no value'}`,
    hint: 'Read the value again and repeat the change.',
  });
}
