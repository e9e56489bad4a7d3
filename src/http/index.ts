/**
 * Room 3: HTTP. Entries become a topology (`topology.ts`), a topology becomes routes (`generation.ts`), a
 * request becomes an exchange that travels outside-in through middleware to a function call and back
 * (`serve.ts`). Fastify owns the sockets (`listener.ts`); everything about meaning is here.
 */

export { type ListenAddress, parseAddress } from './address.ts';
export { findInside, locateDirectory } from './directory.ts';
export {
  type ConnectionOwner,
  Exchange,
  type ExchangeHost,
  type TakenSocket,
  type UpgradeOffer,
} from './exchange.ts';
export { httpExtension } from './extension.ts';
export { createHttpKinds } from './kinds.ts';
export { httpModule } from './lua-module.ts';
export { MetricStore } from './metric-store.ts';
export { builtinMiddleware } from './middleware/index.ts';
export { createMetricsMiddleware } from './middleware/metrics.ts';
export {
  type Middleware,
  type MiddlewareFactory,
  MiddlewareOptions,
  type MiddlewarePlace,
  type MiddlewareVerdict,
} from './middleware.ts';
export type { PreparedResponse } from './prepared-response.ts';
export { isPrivateHeader, type PrivateHeader } from './private-header.ts';
export type { RequestView } from './request-view.ts';
export { HttpRoom, type HttpRoomOptions } from './room.ts';
export type { HttpServer } from './server.ts';
