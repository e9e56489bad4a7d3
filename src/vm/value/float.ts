/** A float with an integral value (`2.0`, `-0.0`, `1e300`), or the positive NaN that `-(0/0)` prints as `nan`. */
export class LuaFloat {
  readonly n: number;
  constructor(n: number) {
    this.n = n;
  }
}
