/** `metrics`: counts requests and how long they take (`http.md` 3.8). */
import type { MetricStore } from './metric-store.ts';
import type { MiddlewareFactory } from './middleware.ts';

const TOTAL = 'wippy_http_requests_total';
const DURATION = 'wippy_http_request_duration_seconds';
const IN_FLIGHT = 'wippy_http_requests_in_flight';

/** Factory of `metrics`; every router of a hub writes to the same store. */
export function createMetricsMiddleware(store: MetricStore): MiddlewareFactory {
  return {
    name: 'metrics',
    create({ clock }) {
      return {
        before(exchange) {
          const { method } = exchange.request;
          const { endpoint } = exchange;
          const func = endpoint?.data.func;
          const route = typeof func === 'string' && func !== '' ? func : (endpoint?.id ?? 'unmatched');
          const startMs = clock.monotonicMs();
          store.addToGauge(IN_FLIGHT, 1, { method, route });
          // Closing is the one thing every exchange comes to: answered, failed, taken over or left.
          exchange.onClose(() => {
            const status =
              exchange.isTaken && exchange.upgrade !== undefined ? 101 : exchange.response.status;
            const labels = { method, route, status: String(status) };
            store.addToGauge(IN_FLIGHT, -1, { method, route });
            store.addToCounter(TOTAL, 1, labels);
            store.observe(DURATION, (clock.monotonicMs() - startMs) / 1000, labels);
          });
          return undefined;
        },
      };
    },
  };
}
