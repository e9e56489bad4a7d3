/**
 * Fastify around a Node server: listening, limits, TLS, injection for tests. Routes are not Fastify's: it freezes them
 * when it starts, ours are swapped while requests are in flight, so every request is taken over (`hijack`) at its
 * first hook. The only file that makes a Fastify.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { READ_TIMEOUT_CHECK_MS, REQUEST_HEAD_BYTES_MAX } from '../../base/index.ts';
import { applyTls, type TlsSettings } from './tls.ts';

/** What a Node server hands over. */
export interface AppHandlers {
  /** A request, whatever its path. */
  accept(request: IncomingMessage, response: ServerResponse): void;
  /** Bytes that are no request, or came too late. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void;
}

/**
 * A Node server that hands over every request. Not listening yet.
 * @throws MH_HTTP_TLS_INVALID
 */
export function createApp(tls: TlsSettings | undefined, { accept, refuse }: AppHandlers): FastifyInstance {
  const node = {
    maxHeaderSize: REQUEST_HEAD_BYTES_MAX,
    connectionsCheckingInterval: READ_TIMEOUT_CHECK_MS,
    requireHostHeader: false, // `request-head.ts` asks for it: Node lets upgrades pass without.
  };
  const options = {
    return503OnClosing: false,
    clientErrorHandler: refuse,
    frameworkErrors: (
      _error: Error,
      request: { raw: IncomingMessage },
      reply: { hijack(): void; raw: ServerResponse },
    ) => {
      reply.hijack();
      accept(request.raw, reply.raw);
    },
  };
  const app = (
    tls === undefined
      ? fastify({ ...options, http: node })
      : applyTls(() => fastify({ ...options, https: { ...node, ...tls.secureOptions } }))
  ) as FastifyInstance;
  app.addHook('onRequest', (request, reply, _done) => {
    reply.hijack();
    accept(request.raw, reply.raw);
  });
  app.all('/*', () => {});
  app.setNotFoundHandler(() => {});
  return app;
}
