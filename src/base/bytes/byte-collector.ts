/**
 * Bytes that come in pieces, in one buffer that grows with what came. Keeping the pieces would keep a hundred bytes of
 * bookkeeping for each, and the whole chunk each is a view into. Bound: none of its own; every owner states one.
 */

const NOTHING = Buffer.alloc(0);
/** Size of the first buffer. */
const BYTES_MIN = 1_024;

/** Collects pieces. */
export class ByteCollector {
  readonly #bytesMax: number;
  #buffer: Buffer = NOTHING;
  #length = 0;

  /** @param bytesMax how many come at most: room for more is not made */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes collected. */
  get length(): number {
    return this.#length;
  }

  /** What was collected so far: a view, until the next piece comes. */
  get collected(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Bytes of memory held: at most twice what was collected, and what was announced to come. */
  get heldBytes(): number {
    return this.#buffer.length;
  }

  /** @param announcedMore how many bytes will follow at once, where that is sure; room for them is made now. */
  append(piece: Uint8Array, announcedMore = 0): void {
    const needed = this.#length + piece.length;
    if (needed > this.#buffer.length) {
      const wanted = Math.max(BYTES_MIN, needed + announcedMore, this.#buffer.length * 2);
      const size = Math.max(needed, Math.min(wanted, this.#bytesMax));
      const grown = Buffer.allocUnsafeSlow(size);
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = needed;
  }

  /** Everything, as one view; the collector is empty afterwards. */
  take(): Buffer {
    const all = this.#buffer.subarray(0, this.#length);
    this.#buffer = NOTHING;
    this.#length = 0;
    return all;
  }
}
