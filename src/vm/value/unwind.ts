/** What is thrown through the machine: errors that Lua may catch, and the end of a unit, which it may not. */
import type { Value } from './value.ts';

/** A Lua error on its way to a handler. Not an `Error`: making one must be cheap. */
export class LuaError {
  readonly value: Value;
  /** Whether a message handler has already seen it. */
  isHandled = false;
  constructor(value: Value) {
    this.value = value;
  }
}

/** The end of a unit: no Lua code sees it (`vm.md` S2). */
export class Kill {
  readonly reason: 'killed' | 'budget';
  constructor(reason: 'killed' | 'budget') {
    this.reason = reason;
  }
}
