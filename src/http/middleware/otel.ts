/** `otel`: accepted and does nothing (`http.md` M3). */
import type { MiddlewareFactory } from './middleware.ts';

/** Factory of `otel`. */
export const otel: MiddlewareFactory = { name: 'otel', create: () => ({}) };
