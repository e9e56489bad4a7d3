/** `require("env")` (`modules.md` § 5): variables of the application and of the operating system. */
import { HubError, tryParseEntryId } from '../base/index.ts';
import {
  COST,
  defineModule,
  fromHost,
  isPermitted,
  type LuaModule,
  requirePermission,
  unitOf,
} from '../lua/index.ts';
import { checkText, type LuaState, pushBoolean, pushOwned, pushText, spend } from '../vm/index.ts';

/** Where variables live. Reads never wait: programs read them at the top level of their code. */
export interface EnvironmentPort {
  /**
   * The value of a variable.
   * @param key public name, bare entry name in `namespace`, or full entry ID.
   * @returns `undefined` when it is neither declared nor in the process environment, or has no value.
   */
  get(key: string, namespace: string): string | undefined;
  /** @throws MH_ENV_NOT_FOUND, MH_ENV_READONLY */
  set(key: string, value: string, namespace: string): void;
  /** All declared variables that have a value, by public name. */
  getAll(): Readonly<Record<string, string>>;
}

/** Makes the `env` module. */
export function createEnvModule(environment: EnvironmentPort): LuaModule {
  return defineModule({
    name: 'env',
    reach: { get: 'reads', set: 'acts', get_all: 'reads' },
    functions: {
      get(L) {
        const key = checkKey(L);
        requirePermission(L, 'env.get', key);
        const value = environment.get(key, namespaceOf(L));
        if (value === undefined) {
          throw new HubError('MH_ENV_NOT_FOUND', {
            message: `Cannot read variable '${key}': not found`,
            hint: 'Declare it as an env.variable with a default, or set it in the environment.',
          });
        }
        pushText(L, value);
        return 1;
      },
      set(L) {
        const key = checkKey(L);
        const value = checkText(L, 2);
        requirePermission(L, 'env.set', key);
        environment.set(key, value, namespaceOf(L));
        pushBoolean(L, true);
        return 1;
      },
      get_all(L) {
        const found = Object.entries(environment.getAll());
        spend(L, found.length * COST.entry);
        const all = found.filter(([key]) => isPermitted(L, 'env.get', key));
        pushOwned(L, fromHost(Object.fromEntries(all)));
        return 1;
      },
    },
  });
}

function checkKey(L: LuaState): string {
  const key = checkText(L, 1);
  if (key !== '') return key;
  throw new HubError('MH_ENV_KEY_INVALID', { message: 'Cannot use a variable: its name is empty' });
}

function namespaceOf(L: LuaState): string {
  return tryParseEntryId(unitOf(L).entry.id)?.namespace ?? '';
}

/** The `env` module over the variables of a hub. */
export const envExtension = {
  name: 'env',
  open: ({ unstable }: { readonly unstable: { readonly environment: EnvironmentPort } }) => ({
    unstable_bindings: [createEnvModule(unstable.environment)],
  }),
};
