/** The modules of this room that entries may list, made for one hub. */
import type { Clock } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { EventBus } from '../event-bus.ts';
import type { LuaModule } from '../module.ts';
import type { Unit } from '../unit.ts';
import { base64Module } from './base64.ts';
import { cryptoModule } from './crypto/index.ts';
import { ctxModule } from './ctx.ts';
import { createEnvModule, type EnvironmentPort } from './env.ts';
import { createEventsModule } from './events.ts';
import { funcsModule } from './funcs/index.ts';
import { hashModule } from './hash.ts';
import { createIoModule, type Terminal } from './io/index.ts';
import { jsonModule } from './json/index.ts';
import { loggerModule } from './logger.ts';
import { createRegistryModule } from './registry/index.ts';
import { SecurityCatalog } from './security/catalog.ts';
import { createSecurityModule } from './security/index.ts';
import { createStoreModule } from './store/index.ts';
import { Stores } from './store/stores.ts';
import { timeModule } from './time/index.ts';
import { uuidModule } from './uuid.ts';
import { yamlModule } from './yaml.ts';

/** What the modules need from outside. */
export interface StandardModulePorts {
  readonly bus: EventBus;
  /** The registry programs read and change. */
  readonly registry: () => Registry;
  /** The terminal a program owns; `undefined` outside a terminal host. */
  readonly terminalOf: (unit: Unit) => Terminal | undefined;
  readonly environment: EnvironmentPort;
  readonly clock: Clock;
}

/** Makes them all. */
export function createStandardModules(ports: StandardModulePorts): LuaModule[] {
  const { registry, clock, environment } = ports;
  const stores = new Stores({ entries: registry, clock });
  const catalog = new SecurityCatalog({
    entries: registry,
    stores,
    readVariable: (name) => environment.get(name, ''),
  });
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
    createSecurityModule(catalog),
  ];
}
