/** `ratelimit`: a token bucket per client (`http.md` 3.2). */
import { type RequestView, withoutPort } from '../exchange/request-view.ts';
import type { MiddlewareFactory } from './middleware.ts';
import type { MiddlewareOptions } from './middleware-options.ts';

const WINDOW_MS_MIN = 1_000;

interface Bucket {
  tokens: number;
  /** Monotonic time of the last refill. */
  seenMs: number;
}

/** Factory of `ratelimit`. */
export const ratelimit: MiddlewareFactory = {
  name: 'ratelimit',
  create({ options, clock }) {
    const requests = options.integer(100, 1, 'ratelimit.requests', 'requests');
    const windowKeys = ['ratelimit.window', 'window'];
    const windowText = options.text('1m', ...windowKeys);
    const windowMs = options.durationMs('1m', ...windowKeys);
    if (windowMs < WINDOW_MS_MIN) throw options.invalid(windowKeys, windowText, 'at least 1s');
    const burst = options.integer(20, 1, 'ratelimit.burst', 'burst');
    const keyOf = readKey(options);
    const cleanupMs = options.durationMs('5m', 'ratelimit.cleanup_interval', 'cleanup_interval');
    const ttlMs = options.durationMs('10m', 'ratelimit.entry_ttl', 'entry_ttl');
    const bucketsMax = options.integer(100_000, 1, 'ratelimit.max_entries', 'max_entries');
    const tokensPerMs = requests / windowMs;
    // In order of last use: the first is the oldest.
    const buckets = new Map<string, Bucket>();
    let cleanedMs = clock.monotonicMs();

    const dropExpired = (nowMs: number): void => {
      if (nowMs - cleanedMs < cleanupMs) return;
      cleanedMs = nowMs;
      for (const [key, bucket] of buckets) {
        if (nowMs - bucket.seenMs < ttlMs) break;
        buckets.delete(key);
      }
    };

    const take = (key: string): number => {
      const nowMs = clock.monotonicMs();
      dropExpired(nowMs);
      const bucket = buckets.get(key) ?? { tokens: burst, seenMs: nowMs };
      bucket.tokens = Math.min(burst, bucket.tokens + (nowMs - bucket.seenMs) * tokensPerMs);
      bucket.seenMs = nowMs;
      buckets.delete(key);
      if (buckets.size >= bucketsMax) buckets.delete(buckets.keys().next().value!);
      buckets.set(key, bucket);
      if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / tokensPerMs / 1000));
      bucket.tokens--;
      return 0;
    };

    return {
      before({ request, response }) {
        const key = keyOf(request);
        if (key === undefined || key === '') {
          response.answer(400, 'Rate limit key extraction failed');
          return 'answered';
        }
        const retrySeconds = take(key);
        if (retrySeconds === 0) return undefined;
        response.answer(429, 'Rate limit exceeded', {
          'X-RateLimit-Limit': String(requests),
          'X-RateLimit-Window': windowText,
          'Retry-After': String(retrySeconds),
        });
        return 'answered';
      },
      close: () => buckets.clear(),
    };
  },
};

function readKey(options: MiddlewareOptions): (request: RequestView) => string | undefined {
  const optionKeys = ['ratelimit.key', 'key'];
  const text = options.text('ip', ...optionKeys);
  if (text === 'ip') return (request) => withoutPort(request.remoteAddress);
  const [source, name] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (source === 'header' && name !== '') return (request) => request.header(name);
  if (source === 'query' && name !== '') {
    return (request) => request.query.find(([key]) => key === name)?.[1];
  }
  throw options.invalid(optionKeys, text, 'ip, header:Name or query:name');
}
