/** `cors`: tells browsers which other sites may call (`http.md` 3.1). It never blocks a request. */
import type { Exchange } from '../exchange/exchange.ts';
import type { MiddlewareFactory } from './middleware.ts';

/** Factory of `cors`. */
export const cors: MiddlewareFactory = {
  name: 'cors',
  create({ options }) {
    const origins = options.list('*', 'cors.allow.origins', 'allow_origins');
    const allowMethods = options.text(
      'GET,POST,PUT,DELETE,OPTIONS,PATCH',
      'cors.allow.methods',
      'allow_methods',
    );
    const allowHeaders = options.text(
      'Origin,Content-Type,Accept,Authorization,X-Requested-With',
      'cors.allow.headers',
      'allow_headers',
    );
    const exposeHeaders = options.text('', 'cors.expose.headers', 'expose_headers');
    // Anything but the exact value `true` is off: the safe reading of a slip.
    const hasCredentials = options.raw('cors.allow.credentials', 'allow_credentials') === 'true';
    const isPrivateAllowed = options.raw('cors.allow.private.network', 'allow_private_network') === 'true';
    const maxAge = options.integer(86_400, 0, 'cors.max.age', 'max_age');

    const answerPreflight = ({ request, response }: Exchange, origin: string): 'answered' => {
      response.discard();
      response.setStatus(204);
      response.setOuterHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Allow-Methods', allowMethods);
      response.setHeader('Access-Control-Allow-Headers', allowHeaders);
      response.setHeader('Access-Control-Max-Age', String(maxAge));
      if (hasCredentials) response.setHeader('Access-Control-Allow-Credentials', 'true');
      if (isPrivateAllowed && request.header('Access-Control-Request-Private-Network') === 'true') {
        response.setHeader('Access-Control-Allow-Private-Network', 'true');
      }
      return 'answered';
    };

    return {
      before(exchange) {
        const { request, response } = exchange;
        const origin = request.header('Origin');
        const isPreflight =
          request.method === 'OPTIONS' && request.header('Access-Control-Request-Method') !== undefined;
        // Refused and origin-less answers too: a cache must not serve them to a page that is allowed.
        response.addVary('Origin');
        if (isPreflight) response.addVary('Access-Control-Request-Method', 'Access-Control-Request-Headers');
        if (origin === undefined || !isOriginAllowed(origins, origin)) return undefined;
        if (isPreflight) return answerPreflight(exchange, origin);
        response.setOuterHeader('Access-Control-Allow-Origin', origin);
        if (hasCredentials) response.setOuterHeader('Access-Control-Allow-Credentials', 'true');
        if (exposeHeaders !== '') response.setOuterHeader('Access-Control-Expose-Headers', exposeHeaders);
        return undefined;
      },
    };
  },
};

/**
 * Whether an entry of the list covers an origin. Entries: exact text, `*`, `*.example.com` (any scheme, no
 * port), `localhost` (any scheme and port), a bare host (any scheme, no port). Case matters.
 */
export function isOriginAllowed(entries: readonly string[], origin: string): boolean {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(.+)$/i.exec(origin)?.[1];
  return entries.some((entry) => {
    if (entry === '*' || entry === origin) return true;
    if (host === undefined) return false;
    if (entry === 'localhost') return /^localhost(:\d+)?$/.test(host);
    if (entry.startsWith('*.')) {
      const suffix = entry.slice(1);
      return host.length > suffix.length && host.endsWith(suffix);
    }
    return entry === host;
  });
}
