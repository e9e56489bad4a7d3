/** The modules of the Lua room, for worlds in tests: with ports made of memory. */
import { PassThrough } from 'node:stream';
import type { Clock, Log } from '../../src/base/index.ts';
import type { ExtensionPorts } from '../../src/hub/index.ts';
import { STANDARD_EXTENSIONS } from '../../src/hub/standard-extensions.ts';
import { EventBus, type LuaModule } from '../../src/lua/index.ts';
import type { EnvironmentPort } from '../../src/modules/env.ts';
import { createStreamTerminal, type Terminal } from '../../src/modules/io/index.ts';
import { createIoModule } from '../../src/modules/io/lua.ts';
import { Stores } from '../../src/modules/store/stores.ts';
import { KindTable, REGISTRY_KINDS, Registry } from '../../src/registry/index.ts';

/** Ports a test wants to see or choose. */
export interface StandardModuleDoubles {
  readonly clock: Clock;
  readonly log: Log;
  readonly bus?: EventBus;
  readonly registry?: Registry;
  /** The terminal of every program. Default: none has one. */
  readonly terminal?: Terminal;
  /** Default: nothing is declared, any name may be set. */
  readonly environment?: EnvironmentPort;
}

/** All modules entries may list, apart from `http`: opened as a hub opens them, over ports made of memory. */
export function standardModules(doubles: StandardModuleDoubles): LuaModule[] {
  const { clock, log, bus = new EventBus({ clock, log }) } = doubles;
  const registry = doubles.registry ?? new Registry([], { kinds: new KindTable([...REGISTRY_KINDS]) });
  const stores = new Stores({ entries: () => registry, clock });
  // Only what these extensions use: each says so with a type of its own.
  const ports = {
    clock,
    log,
    entries: () => registry,
    variable: () => undefined,
    unstable: {
      bus,
      environment: doubles.environment ?? createMemoryEnvironment({}),
      registry: () => registry,
      store: (id: string) => stores.get(id),
    },
  } as unknown as ExtensionPorts;
  const modules = EXTENSIONS.flatMap((extension) => extension.open(ports).unstable_bindings ?? []);
  return [...modules, createIoModule(() => doubles.terminal)];
}

/** Their code, loaded once. */
const EXTENSIONS = await Promise.all(
  STANDARD_EXTENSIONS.filter(({ name }) => !['http', 'relay', 'io'].includes(name)).map(({ load }) => load()),
);

/** Variables that live as long as the test. */
export function createMemoryEnvironment(values: Readonly<Record<string, string>>): EnvironmentPort {
  const variables = new Map(Object.entries(values));
  return {
    get: (key) => variables.get(key),
    set: (key, value) => void variables.set(key, value),
    getAll: () => Object.fromEntries(variables),
  };
}

/** A terminal made of memory. */
export function createMemoryTerminal(args: readonly string[] = []): {
  readonly terminal: Terminal;
  readonly input: PassThrough;
  /** What was written, both streams in order. */
  written(): string;
} {
  const input = new PassThrough();
  const output = new PassThrough();
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const terminal = createStreamTerminal({ input, output, error: output, args });
  return { terminal, input, written: () => text };
}
