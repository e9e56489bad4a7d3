import { describe, expect, test } from 'vitest';
import { createMetricsMiddleware, MetricStore } from '../../../src/http/index.ts';
import { bootHttp, failed, type Handler } from '../../support/http-world.ts';

describe('metrics', () => {
  test('counts requests by method, function and status, failures included (http.md 3.8)', async () => {
    const store = new MetricStore();
    const ok: Handler = ({ response }) => {
      expect(store.expose()).toContain('wippy_http_requests_in_flight{method="GET",route="app:f0"} 1');
      response.setStatus(201);
      return undefined;
    };
    const world = await bootHttp({
      router: { middleware: ['metrics'] },
      middleware: [createMetricsMiddleware(store)],
      routes: { 'GET /a/{id}': ok, 'GET /bad': () => failed('boom') },
    });
    await world.inject('/a/1');
    await world.inject('/a/2');
    await world.inject('/bad');
    await world.inject({ method: 'OPTIONS', url: '/bad' });
    const text = store.expose();
    expect(text).toContain('wippy_http_requests_total{method="GET",route="app:f0",status="201"} 2');
    expect(text).toContain('wippy_http_requests_total{method="GET",route="app:f1",status="500"} 1');
    expect(text).toContain('wippy_http_requests_total{method="OPTIONS",route="unmatched",status="204"} 1');
    expect(text).toContain('wippy_http_requests_in_flight{method="GET",route="app:f0"} 0');
    expect(text).toContain(
      'wippy_http_request_duration_seconds_count{method="GET",route="app:f0",status="201"} 2',
    );
  });
});

describe('MetricStore', () => {
  test('writes the text format, escaped and sanitised', () => {
    const store = new MetricStore();
    store.addToCounter('my.count', 2, { path: 'a"b\\c\n' });
    store.observe('seconds', 0.02);
    expect(store.expose()).toContain('# TYPE my_count counter\nmy_count{path="a\\"b\\\\c\\n"} 2\n');
    expect(store.expose()).toContain('seconds_bucket{le="0.01"} 0\nseconds_bucket{le="0.025"} 1\n');
    expect(store.expose()).toContain('seconds_bucket{le="+Inf"} 1\nseconds_sum 0.02\nseconds_count 1\n');
  });

  test('refuses shrinking counters, empty names and two types of one name', () => {
    const store = new MetricStore();
    store.setGauge('g', 1);
    expect(() => store.addToCounter('c', -1)).toThrow('only grows');
    expect(() => store.addToCounter('', 1)).toThrow('the name is empty');
    expect(() => store.addToCounter('g', 1)).toThrow('it is a gauge');
  });
});
