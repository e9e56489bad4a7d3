/** The relay as an extension of a hub: the middleware that turns requests into connections. */
import type { ByteBudget, Clock, Log } from '../base/index.ts';
import type { ProcessSystem } from '../process/index.ts';
import { createRelay } from './relay.ts';

/** What it uses of a hub. */
export interface RelayPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly unstable: { readonly system: ProcessSystem; readonly budget: ByteBudget };
}

/** Opens it. */
export const relayExtension = {
  name: 'relay',
  open({ clock, log, unstable: { system, budget } }: RelayPorts) {
    const { middleware, drain } = createRelay({ system, clock, log, budget });
    return { middleware, drain };
  },
};
