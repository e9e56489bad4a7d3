/**
 * HTTP. Entries become a topology (`routes/topology.ts`), a topology becomes routes (`server/generation.ts`), a
 * request becomes an exchange that travels outside-in through middleware to a function call and back
 * (`server/answer.ts`). Fastify owns the sockets (`server/listener.ts`); everything about meaning is here.
 */

export type { ConnectionOwner, Exchange, TakenSocket, UpgradeOffer } from './exchange/exchange.ts';
export type { PreparedResponse } from './exchange/prepared-response.ts';
export type { PrivateHeader } from './exchange/private-header.ts';
export type { RequestBody } from './exchange/request-body.ts';
export type { RequestTarget } from './exchange/request-target.ts';
export type { RequestView } from './exchange/request-view.ts';
export type { TransferMode } from './exchange/stream-headers.ts';
export { httpExtension } from './extension.ts';
export { createHttpKinds } from './kinds.ts';
export { httpModule } from './lua/module.ts';
export { builtinMiddleware } from './middleware/builtin.ts';
export { MetricStore } from './middleware/metric-store.ts';
export { createMetricsMiddleware } from './middleware/metrics.ts';
export type {
  Middleware,
  MiddlewareFactory,
  MiddlewarePlace,
  MiddlewareVerdict,
} from './middleware/middleware.ts';
export { MiddlewareOptions } from './middleware/middleware-options.ts';
export { HttpRoom, type HttpRoomOptions } from './room.ts';
export type { ListenAddress } from './server/address.ts';
export type { HttpServer } from './server/server.ts';
export type { Obstacle } from './server/site.ts';
