/** The middleware http/ brings itself (`http.md` § 3). */

import { compress } from './compress.ts';
import { cors } from './cors.ts';
import type { MiddlewareFactory } from './middleware.ts';
import { otel } from './otel.ts';
import { ratelimit } from './ratelimit.ts';
import { realIp } from './real-ip.ts';
import { sendfile } from './sendfile.ts';

/** Without `metrics`, which needs a store of its own; both go into the extension (`../extension.ts`). */
export const builtinMiddleware: readonly MiddlewareFactory[] = [
  cors,
  ratelimit,
  compress,
  realIp,
  sendfile,
  otel,
];
