/** The hub seen from within: the `system` module (`modules.md` § 22). */
import type { ProcessSystem } from '../../process/index.ts';
import type { ServiceStatus } from '../../service/index.ts';
import { HubLocks } from './locks.ts';
import { createSystemModule } from './lua.ts';

/** What it uses of a hub. */
export interface SystemPorts {
  /** Working directory of the hub. */
  readonly cwd: string;
  readonly unstable: {
    readonly system: ProcessSystem;
    readonly services: {
      states(): readonly ServiceStatus[];
      status(id: string): ServiceStatus | undefined;
    };
    moduleNames(): readonly string[];
    exit(code: number): void;
  };
}

/** Opens it. */
export const systemExtension = {
  name: 'system',
  open({ cwd, unstable }: SystemPorts) {
    const { system, services } = unstable;
    const locks = new HubLocks((pid, ended) => system.watch(pid, ended));
    const module = createSystemModule({
      cwd,
      locks,
      system,
      services,
      moduleNames: () => unstable.moduleNames(),
      exit: (code) => unstable.exit(code),
    });
    return { unstable_bindings: [module] };
  },
};
