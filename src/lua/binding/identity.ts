/**
 * Who a program runs as (`modules.md` § 19), as far as bindings need to know it: an actor, and a scope that answers
 * questions. What scopes are made of, the security module decides.
 */
import type { Mapping } from '../../registry/index.ts';

/** Someone who acts. */
export class Actor {
  readonly id: string;
  /** Plain facts about the actor. */
  readonly meta: Mapping;

  constructor(id: string, meta: Mapping) {
    this.id = id;
    this.meta = meta;
  }
}

/** What is asked. */
export interface Question {
  readonly actor: Actor;
  readonly action: string;
  readonly resource: string;
  readonly meta: Mapping;
}

/** `undefined` = no policy speaks to it. */
export type Verdict = 'allow' | 'deny' | 'undefined';

/** What an actor may do. Immutable. */
export interface Scope {
  readonly isScope: true;
  evaluate(question: Question): Verdict;
}

/** Narrows the actor of an ambient, which is opaque to the process room. */
export function isActor(value: unknown): value is Actor {
  return value instanceof Actor;
}

/** Narrows the scope of an ambient, which is opaque to the process room. */
export function isScope(value: unknown): value is Scope {
  return typeof value === 'object' && value !== null && 'isScope' in value && value.isScope === true;
}
