/**
 * PUC's quicksort, step for step: the order of elements that compare equal, the comparisons made and the moment an
 * inconsistent comparison is noticed are all visible to programs.
 */

/** Does `a` come before `b`? May throw. */
export type IsBefore<T> = (a: T, b: T) => boolean;

/** From this size on a part may draw its pivot by lot (RANLIMIT). */
const LARGE_PART = 100;

/** Sorts `items` in place. @param fail reports an order function that contradicts itself. */
export function sortItems<T>(items: T[], isBefore: IsBefore<T>, fail: () => never): void {
  new Sorter(items, isBefore, fail).sort(0, items.length - 1, 0);
}

class Sorter<T> {
  readonly #items: T[];
  readonly #isBefore: IsBefore<T>;
  readonly #fail: () => never;

  constructor(items: T[], isBefore: IsBefore<T>, fail: () => never) {
    this.#items = items;
    this.#isBefore = isBefore;
    this.#fail = fail;
  }

  /** @param lot decides the pivots of large parts; 0 = the middle. */
  sort(from: number, to: number, lot: number): void {
    let [low, high, draw] = [from, to, lot];
    while (low < high) {
      if (this.#comesBefore(high, low)) this.#swap(low, high);
      if (high - low === 1) return;
      const pivot = high - low > LARGE_PART && draw !== 0 ? drawPivot(low, high, draw) : (low + high) >> 1;
      if (this.#comesBefore(pivot, low)) this.#swap(pivot, low);
      else if (this.#comesBefore(high, pivot)) this.#swap(pivot, high);
      if (high - low === 2) return;
      const middle = this.#partition(low, high, pivot);
      // Recursion takes the smaller part, so it is never deeper than log2 of the size.
      let smaller: number;
      if (middle - low < high - middle) {
        this.sort(low, middle - 1, draw);
        smaller = middle - low;
        low = middle + 1;
      } else {
        this.sort(middle + 1, high, draw);
        smaller = high - middle;
        high = middle - 1;
      }
      // Lopsided: from now on by lot, or an order made for it would take quadratic time. PUC reads the clock here.
      if ((high - low) / 128 > smaller) draw = (Math.imul(high ^ (low << 7), 0x9e3779b1) >>> 0) | 1;
    }
  }

  #partition(low: number, high: number, pivotAt: number): number {
    const items = this.#items;
    const pivot = items[pivotAt]!;
    this.#swap(pivotAt, high - 1);
    let left = low;
    let right = high - 1;
    for (;;) {
      while (this.#isBefore(items[++left]!, pivot)) if (left === high - 1) this.#fail();
      while (this.#isBefore(pivot, items[--right]!)) if (right < left) this.#fail();
      if (right < left) {
        this.#swap(high - 1, left);
        return left;
      }
      this.#swap(left, right);
    }
  }

  #comesBefore(a: number, b: number): boolean {
    return this.#isBefore(this.#items[a]!, this.#items[b]!);
  }

  #swap(a: number, b: number): void {
    const items = this.#items;
    const item = items[a]!;
    items[a] = items[b]!;
    items[b] = item;
  }
}

function drawPivot(low: number, high: number, draw: number): number {
  const quarter = Math.floor((high - low) / 4);
  return (draw % (quarter * 2)) + low + quarter;
}
