import { HubError, type Pid } from '../../base/index.ts';
import type { RelayContext } from './context.ts';
import type { Refusal } from './refusal.ts';

/**
 * Finds the live process a handler or a control command wants client messages to go to (`relay.md` § 2).
 * @param destination PID text or a registered name, not empty
 */
export function resolveTarget(relay: RelayContext, destination: string): Pid | Refusal {
  try {
    const pid = relay.system.resolve(destination);
    if (!relay.clientPids.has(pid)) return pid;
    return {
      status: 400,
      body: 'invalid target PID',
      cause: 'the target is a client connection',
      values: { target: destination },
      repair: { option: 'handler', hint: 'name a process that runs a program' },
    };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return {
      status: 503,
      body: 'target process not found',
      cause: error.message,
      values: { target: destination },
      repair: { option: 'handler', hint: 'it ended, restarts, or has not registered that name yet' },
    };
  }
}
