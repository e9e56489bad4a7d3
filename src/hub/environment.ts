/** Variables of the operating system as programs see them through the `env` module: read-only. */
import { HubError } from '../base/index.ts';
import type { EnvironmentPort } from '../lua/index.ts';

/** Makes the port over a fixed set of variables. */
export function createEnvironmentPort(
  variables: Readonly<Record<string, string | undefined>>,
): EnvironmentPort {
  const read = (key: string): string | undefined =>
    Object.hasOwn(variables, key) && variables[key] !== '' ? variables[key] : undefined;
  return {
    get: read,
    set(key) {
      if (read(key) === undefined) {
        throw new HubError('MH_ENV_NOT_FOUND', { message: `Cannot set variable '${key}': not declared` });
      }
      throw new HubError('MH_ENV_READONLY', {
        message: `Cannot set variable '${key}': it belongs to the operating system`,
      });
    },
    getAll: () => new Map(),
  };
}
