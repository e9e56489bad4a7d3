/** The modules of moonhub, for the hub. */
export { CORE_MODULES, spawnCoroutine } from './core/index.ts';
export { createStreamTerminal, type StreamTerminalOptions, type Terminal } from './io/index.ts';
export { standardKinds } from './kinds.ts';
export type { SecurityCatalog } from './security/catalog.ts';
export { createSecurityMiddleware } from './security/middleware.ts';
export { createSecurity, createStandardModules } from './standard.ts';
