/** The modules of this room that entries may list, made for one hub. */
import type { Clock } from '../base/index.ts';
import type { EventBus, LuaModule, UnitContext } from '../lua/index.ts';
import type { EntryLookup, Registry } from '../registry/index.ts';
import { base64Module } from './base64.ts';
import { ctxModule } from './core/ctx.ts';
import { funcsModule } from './core/funcs/index.ts';
import { loggerModule } from './core/logger.ts';
import { cryptoModule } from './crypto/index.ts';
import { createEnvModule, type EnvironmentPort } from './env.ts';
import { createEventsModule } from './events.ts';
import { hashModule } from './hash.ts';
import { createIoModule, type Terminal } from './io/index.ts';
import { jsonModule } from './json/index.ts';
import { createPgModule } from './pg/index.ts';
import { GroupScopes } from './pg/scopes.ts';
import { createRegistryModule } from './registry/index.ts';
import { SecurityCatalog } from './security/catalog.ts';
import { createSecurityModule } from './security/index.ts';
import { createStoreModule } from './store/index.ts';
import { Stores } from './store/stores.ts';
import { timeModule } from './time/index.ts';
import { uuidModule } from './uuid.ts';
import { yamlModule } from './yaml.ts';

/** Stores, policies and token stores of one hub; the edge rooms ask the catalog too. */
export interface Security {
  readonly stores: Stores;
  readonly catalog: SecurityCatalog;
}

/** Opens them over the entries as they are. */
export function createSecurity(options: {
  readonly entries: () => EntryLookup;
  readonly clock: Clock;
  readonly environment: EnvironmentPort;
}): Security {
  const { entries, clock, environment } = options;
  const stores = new Stores({ entries, clock });
  const readVariable = (name: string): string | undefined => environment.get(name, '');
  return { stores, catalog: new SecurityCatalog({ entries, stores, readVariable }) };
}

/** What the modules need from outside. */
export interface StandardModulePorts {
  readonly bus: EventBus;
  /** The registry programs read and change. */
  readonly registry: () => Registry;
  /** The terminal a program owns; `undefined` outside a terminal host. */
  readonly terminalOf: (unit: UnitContext) => Terminal | undefined;
  readonly environment: EnvironmentPort;
  readonly clock: Clock;
  /** Given when others share it. Default: opened here. */
  readonly security?: Security;
}

/** Makes them all. */
export function createStandardModules(ports: StandardModulePorts): LuaModule[] {
  const { registry, environment, clock } = ports;
  const { stores, catalog } = ports.security ?? createSecurity({ entries: registry, environment, clock });
  return [
    jsonModule,
    timeModule,
    loggerModule,
    funcsModule,
    ctxModule,
    uuidModule,
    base64Module,
    hashModule,
    cryptoModule,
    yamlModule,
    createEventsModule(ports.bus),
    createRegistryModule(registry),
    createIoModule(ports.terminalOf),
    createEnvModule(environment),
    createStoreModule(stores),
    createPgModule(new GroupScopes(registry)),
    createSecurityModule(catalog),
  ];
}
