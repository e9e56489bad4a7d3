/** The hub seen from within: the `system` module (`modules.md` § 22). */
import { HubLocks } from './locks.ts';
import { createSystemModule, type SystemPorts } from './lua.ts';

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
