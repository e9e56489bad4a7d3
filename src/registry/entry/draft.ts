/** What definition files and programs write, on its way to an entry. */
import type { Mapping, Origin } from './entry.ts';

/** An entry before references, defaults and checks. Immutable: a stage of the pipeline makes new ones. */
export interface Draft {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly meta: Mapping;
  readonly data: Mapping;
  readonly origin: Origin | undefined;
  /** `org/module` of entries that belong to a module; `undefined` for the application's own. */
  readonly module?: string;
}
