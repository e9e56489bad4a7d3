/** Long work that others may interrupt: a generator that yields what it has cost since the last time. */

/** Work in pieces. The unit of what it yields is said by whoever makes it. */
export type Pieces<T> = Generator<number, T>;

/** Does work in one go. @param pay is told what it cost, again and again */
export function doAtOnce<T>(work: Pieces<T>, pay?: (cost: number) => void): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    pay?.(value);
  }
}
