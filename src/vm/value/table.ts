/**
 * Lua tables (`vm.md` F1, X5): a dense array part for keys 1..n and insertion-ordered slots for the rest.
 *
 * Slots are one array `[key, value, key, value, ...]`. Up to SMALL_SLOTS keys are found by looking at each; beyond,
 * a Map from key to slot is kept. The interpreter remembers per instruction in which slot a constant key was found
 * last, so that most field accesses are one comparison. A removed key keeps its slot with value nil, which keeps
 * traversal stable; slots are packed only when a new key comes, which Lua does not allow during a traversal.
 *
 * Invariants: `array[0]` is unused; the last element of `array` is never nil; the slots never hold the key
 * `array.length`, so `array.length - 1` is always a border.
 */

import { LuaFloat } from './float.ts';
import { doubleToInteger } from './number.ts';
import type { Value } from './value.ts';

/** Slots (keys and values) looked through before a Map is made. */
const SMALL_SLOTS = 16;
/** Holes an array part may have before it is given up for slots, if they are also the majority. */
const HOLES_MAX = 64;

/** Shared by all tables without the part; replaced, never written. */
const NO_ARRAY: Value[] = [undefined];
const NO_SLOTS: Value[] = [];

/** What a table is as JSON (`json-and-clients.md` E1, `everyday.md` § 6). */
export const SHAPE = {
  /** What its keys say. */
  any: 0,
  /** An object while it is empty: it was one where it came from. */
  emptyObject: 1,
  /** Likewise, with members that were null there: they are again, unless they have a value now. */
  nulledObject: 2,
  /** An array while its keys are positive integers, holes included: it was one where it came from. */
  holedArray: 3,
  /** An object whatever its keys: a program says so. */
  object: 4,
  /** An array, likewise; any other key is a mistake. */
  array: 5,
} as const;
export type Shape = (typeof SHAPE)[keyof typeof SHAPE];

export class Table {
  /** Values of keys 1..n at their own index. */
  array: Value[] = NO_ARRAY;
  /** `[key, value, ...]` in order of insertion. */
  slots: Value[] = NO_SLOTS;
  /** Index of a key in `slots`; null while there are few. Covers all slots, or (shared) the first `mapped`. */
  map: Map<Value, number> | null = null;
  /** Slots covered by a map shared with the table this one was copied from; -1 when the map is its own. */
  mapped = -1;
  metatable: Table | null = null;
  /** Bit per metamethod known to be absent here (used as a metatable); any new key clears it. */
  absent = 0;
  /** Writes raise. */
  isFrozen = false;
  /** How it is written as JSON, where that does not follow from its keys. */
  shape: Shape = SHAPE.any;
  /** Nil elements within the array part. */
  holes = 0;
  /** Slots whose value is nil. */
  dead = 0;
  /** Highest key the array part has lost at its end: a traversal may still stand there. */
  cleared = 0;
  /** Slot reached by the last traversal step: where the next one starts looking. */
  cursor = 0;

  /** Raw read with any key. */
  get(key: Value): Value {
    if (typeof key === 'string') return this.getString(key);
    if (typeof key === 'number') return this.getNumber(key);
    if (key === undefined) return undefined;
    if (key instanceof LuaFloat) return this.getNumberKey(floatKey(key));
    const at = this.find(key);
    return at < 0 ? undefined : this.slots[at + 1];
  }

  getString(key: string): Value {
    const at = this.find(key);
    return at < 0 ? undefined : this.slots[at + 1];
  }

  /** `key` is any number as represented (an integer or a non-integral float). */
  getNumber(key: number): Value {
    const array = this.array;
    if (key > 0 && key < array.length && (key | 0) === key) return array[key];
    const slots = this.slots;
    if (slots.length === 0) return undefined;
    const at = this.find(key);
    return at < 0 ? undefined : slots[at + 1];
  }

  private getNumberKey(key: number | bigint): Value {
    if (typeof key === 'number') return this.getNumber(key);
    const at = this.find(key);
    return at < 0 ? undefined : this.slots[at + 1];
  }

  /** Index of a normal key in the slots (also with a nil value), or -1. */
  find(key: Value): number {
    const map = this.map;
    let from = 0;
    if (map !== null) {
      const at = map.get(key);
      if (at !== undefined) return at;
      if (this.mapped < 0) return -1;
      from = this.mapped;
    }
    const slots = this.slots;
    for (let i = from; i < slots.length; i += 2) if (slots[i] === key) return i;
    return -1;
  }

  /** Raw write. The key must be neither nil nor NaN (`checkKey`). */
  set(key: Value, value: Value): void {
    if (typeof key === 'number') this.setNumber(key, value);
    else if (key instanceof LuaFloat) {
      const normal = floatKey(key);
      if (typeof normal === 'number') this.setNumber(normal, value);
      else this.setSlot(normal, value);
    } else this.setSlot(key, value);
  }

  setNumber(key: number, value: Value): void {
    const array = this.array;
    const length = array.length;
    if (key > 0 && key <= length && (key | 0) === key) {
      if (key < length) this.setElement(key, value);
      else if (value !== undefined) this.append(value);
    } else this.setSlot(key, value);
  }

  /** Writes within the array part. */
  setElement(key: number, value: Value): void {
    const array = this.array;
    if (value === undefined) {
      if (array[key] === undefined) return;
      if (key === array.length - 1) {
        if (key > this.cleared) this.cleared = key;
        array.pop();
        while (array.length > 1 && array[array.length - 1] === undefined) {
          array.pop();
          this.holes--;
        }
      } else {
        array[key] = undefined;
        this.holes++;
      }
      return;
    }
    if (array[key] === undefined) this.holes--;
    array[key] = value;
  }

  /** Writes the element after the last. */
  append(value: Value): void {
    if (this.array === NO_ARRAY) this.array = [undefined, value];
    else {
      if (this.holes > HOLES_MAX && this.holes * 2 > this.array.length) {
        const key = this.array.length;
        this.spillArray();
        this.setSlot(key, value);
        return;
      }
      this.array.push(value);
    }
    if (this.slots.length !== 0) this.pullIntoArray();
  }

  /** Writes to the slots; the key is normal and not in the array part's range. */
  setSlot(key: Value, value: Value): void {
    const at = this.find(key);
    if (at < 0) {
      if (value !== undefined) this.insert(key, value);
      return;
    }
    const slots = this.slots;
    const old = slots[at + 1];
    if (old === undefined) {
      if (value === undefined) return;
      this.dead--;
      this.absent = 0;
    } else if (value === undefined) this.dead++;
    slots[at + 1] = value;
  }

  /** Adds a key that is not in the slots. */
  insert(key: Value, value: Value): void {
    this.absent = 0;
    if (this.slots === NO_SLOTS) {
      // Made of undefined first: arrays that began with small integers are of another kind to V8.
      const slots: Value[] = [undefined, undefined];
      slots[0] = key;
      slots[1] = value;
      this.slots = slots;
      return;
    }
    if (this.dead > 0 && this.dead * 4 >= this.slots.length) this.pack();
    const at = this.slots.length;
    this.slots.push(key, value);
    if (this.map !== null && this.mapped < 0) this.map.set(key, at);
    else if (at - Math.max(0, this.mapped) >= SMALL_SLOTS) this.buildMap();
  }

  /** The border `#t` gives. */
  length(): number {
    return this.array.length - 1;
  }

  /** Number of slots in use. */
  private pack(): void {
    const old = this.slots;
    const slots: Value[] = [];
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== undefined) slots.push(old[i], old[i + 1]);
    this.slots = slots;
    this.dead = 0;
    if (this.map !== null) this.buildMap();
  }

  private buildMap(): void {
    const map = new Map<Value, number>();
    const slots = this.slots;
    for (let i = 0; i < slots.length; i += 2) if (slots[i] !== undefined) map.set(slots[i], i);
    this.map = map;
    this.mapped = -1;
  }

  /** Moves the keys that now follow the array part out of the slots. */
  private pullIntoArray(): void {
    const array = this.array;
    if (this.dead * 2 === this.slots.length) return;
    for (;;) {
      const at = this.find(array.length);
      if (at < 0) return;
      const value = this.slots[at + 1];
      if (value === undefined) return;
      this.forget(at);
      array.push(value);
    }
  }

  /**
   * Empties a slot whose key moves to the array part. The key goes too: a traversal that clears the element later
   * must not find its way back to a place among the slots.
   */
  private forget(at: number): void {
    const { slots, map } = this;
    const key = slots[at];
    slots[at] = undefined;
    slots[at + 1] = undefined;
    this.dead++;
    if (map === null) return;
    if (this.mapped < 0) map.delete(key);
    else this.buildMap();
  }

  /** Gives up a sparse array part: a queue that is filled at one end and emptied at the other. */
  private spillArray(): void {
    const array = this.array;
    this.array = NO_ARRAY;
    this.holes = 0;
    this.cleared = Math.max(this.cleared, array.length);
    for (let i = 1; i < array.length; i++) if (array[i] !== undefined) this.setSlot(i, array[i]);
    if (this.find(1) >= 0) this.promote();
  }

  private promote(): void {
    const at = this.find(1);
    const first = this.slots[at + 1];
    if (first === undefined) return;
    this.forget(at);
    this.append(first);
  }

  /**
   * One step of a traversal: positions 1..n are the array part, n + 1 + slot the slots.
   * @returns the next position with a value, or 0 at the end.
   */
  nextPosition(position: number): number {
    const array = this.array;
    let at = position + 1;
    for (; at < array.length; at++) if (array[at] !== undefined) return at;
    const slots = this.slots;
    let slot = position < array.length ? 0 : ((position - array.length) & ~1) + 2;
    for (; slot < slots.length; slot += 2) if (slots[slot + 1] !== undefined) return array.length + slot;
    return 0;
  }

  /** The position of a key for `nextPosition`: 0 for nil, -1 when it was never here. */
  positionOf(key: Value): number {
    if (key === undefined) return 0;
    const array = this.array;
    let normal = key;
    if (key instanceof LuaFloat) normal = floatKey(key);
    if (typeof normal === 'number' && normal > 0 && normal < array.length && (normal | 0) === normal)
      return normal;
    const slots = this.slots;
    const cursor = this.cursor;
    if (cursor < slots.length && slots[cursor] === normal) return array.length + cursor;
    const at = this.find(normal);
    if (at >= 0) return array.length + at;
    // A cleared tail of the array part: the traversal goes on with the slots.
    const isCleared = typeof normal === 'number' && normal >= array.length && normal <= this.cleared;
    return isCleared && Number.isInteger(normal) ? array.length - 1 : -1;
  }

  keyAt(position: number): Value {
    const length = this.array.length;
    if (position < length) return position;
    const key = this.slots[position - length];
    // Integral floats outside the integer range are kept as plain numbers while they are keys.
    return typeof key === 'number' && Number.isInteger(key) && !Number.isSafeInteger(key)
      ? new LuaFloat(key)
      : key;
  }

  valueAt(position: number): Value {
    const length = this.array.length;
    if (position < length) return this.array[position];
    this.cursor = position - length;
    return this.slots[position - length + 1];
  }

  /** Sets elements `first`, `first + 1`, ... from a list constructor. */
  setList(first: number, values: Value[], from: number, count: number): void {
    if (first !== this.array.length || this.slots.length !== 0) {
      for (let i = 0; i < count; i++) this.setNumber(first + i, values[from + i]);
      return;
    }
    let last = count;
    while (last > 0 && values[from + last - 1] === undefined) last--;
    if (last === 0) return;
    if (this.array === NO_ARRAY) this.array = [undefined];
    for (let i = 0; i < last; i++) {
      const value = values[from + i];
      if (value === undefined) this.holes++;
      this.array.push(value);
    }
  }

  /** A table with the same fields; metatable and marks are not taken over. This one must get no new keys after. */
  shallowCopy(): Table {
    const copy = new Table();
    copy.array = this.array === NO_ARRAY ? NO_ARRAY : this.array.slice();
    copy.slots = this.slots === NO_SLOTS ? NO_SLOTS : this.slots.slice();
    copy.holes = this.holes;
    copy.dead = this.dead;
    // The map is shared: keys that the copy gets beyond it are looked through until they are worth a map.
    if (this.map !== null && this.mapped < 0) {
      copy.map = this.map;
      copy.mapped = this.slots.length;
    } else if (copy.slots.length > SMALL_SLOTS) copy.buildMap();
    return copy;
  }

  /** Takes over an array of live slots; the table must have none. */
  adoptSlots(slots: Value[]): void {
    this.slots = slots;
    if (slots.length > SMALL_SLOTS) this.buildMap();
  }

  /** A table of these elements; adopts the array, whose index 0 must be unused and whose last must not be nil. */
  static fromArray(array: Value[], holes: number): Table {
    const table = new Table();
    if (array.length > 1) {
      table.array = array;
      table.holes = holes;
    }
    return table;
  }
}

/** The key an integral float stands for: an integer, or the bare double outside the 64-bit range. */
export function floatKey(key: LuaFloat): number | bigint {
  return doubleToInteger(key.n) ?? key.n;
}

/** Why a value cannot be a key, or undefined. */
export function keyFault(key: Value): string | undefined {
  if (key === undefined) return 'table index is nil';
  const n = key instanceof LuaFloat ? key.n : key;
  return typeof n === 'number' && Number.isNaN(n) ? 'table index is NaN' : undefined;
}
