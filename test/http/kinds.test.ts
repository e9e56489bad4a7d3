import { describe, expect, test } from 'vitest';
import { builtinMiddleware, createHttpKinds } from '../../src/http/index.ts';
import { planTopology } from '../../src/http/routes/topology.ts';
import {
  createEntry,
  createEntrySet,
  type EntryDefinition,
  type EntryLookup,
  type Problem,
} from '../../src/registry/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const relay = { name: 'websocket_relay', create: () => ({}) };
const kinds = createHttpKinds({
  middleware: new Map([...builtinMiddleware, relay].map((factory) => [factory.name, factory])),
  cwd: process.cwd(),
  clock: createFakeClock(),
  room: { server: () => undefined },
});

function lookupOf(...definitions: readonly EntryDefinition[]): EntryLookup {
  return createEntrySet(definitions.map((definition) => createEntry(definition)));
}

function check(entries: EntryLookup): readonly Problem[] {
  return kinds.flatMap((kind) =>
    entries.ofKind(kind.kind).flatMap((entry) => kind.check?.(entry, entries) ?? []),
  );
}

const reasons = (...definitions: readonly EntryDefinition[]): string[] =>
  check(lookupOf(...definitions)).map(({ entryId, field, reason }) => `${entryId} ${field}: ${reason}`);

const server = (id = 'app:gateway', data = {}): EntryDefinition => ({
  id,
  kind: 'http.service',
  data: { addr: '127.0.0.1:0', ...data },
});
const router = (id: string, data = {}, meta = {}): EntryDefinition => ({
  id,
  kind: 'http.router',
  meta,
  data,
});
const endpoint = (id: string, method: string, path: string, meta = {}): EntryDefinition => ({
  id,
  kind: 'http.endpoint',
  meta,
  data: { method, path, func: 'app:f' },
});

describe('planTopology()', () => {
  test('gives an endpoint without router to the only router, or to the only one with a relay (http.md A5)', () => {
    const one = planTopology(lookupOf(server(), router('app:a'), endpoint('app:e', 'GET', '/x')));
    expect(one.servers.get('app:gateway')!.endpoints[0]!.router.entry.id).toBe('app:a');
    const two = planTopology(
      lookupOf(
        server(),
        router('app:a'),
        router('app:ws', { prefix: '/ws', post_middleware: ['websocket_relay'] }),
        endpoint('app:e', 'GET', '/x'),
      ),
    );
    expect(two.servers.get('app:gateway')!.endpoints[0]!.pattern.text).toBe('/ws/x');
  });

  test('names the candidates when an endpoint could belong to several routers (http.md A5)', () => {
    expect(
      reasons(
        server(),
        router('app:a', { prefix: '/a' }),
        router('app:b', { prefix: '/b' }),
        endpoint('app:e', 'GET', '/x'),
      ),
    ).toEqual(['app:e meta.router: router metadata is required: it could belong to "app:a", "app:b"']);
  });

  test('requires a server only when there is not exactly one (http.md A6)', () => {
    expect(reasons(server(), router('app:a'))).toEqual([]);
    expect(reasons(server('app:x'), server('app:y'), router('app:a'))[0]).toContain(
      'server metadata is required',
    );
    expect(reasons(router('app:a'))[0]).toContain('server metadata is required');
  });

  test('takes a parent from the top level when meta names none (http.md A3)', () => {
    const plan = planTopology(
      lookupOf(
        server('app:x'),
        server('app:y'),
        router('app:a', { server: 'app:y' }),
        endpoint('app:e', 'GET', '/e'),
      ),
    );
    expect(plan.servers.get('app:y')!.endpoints).toHaveLength(1);
  });

  test('refuses equal prefixes after normalisation, allows nested ones (http.md 1.2)', () => {
    expect(
      reasons(server(), router('app:a', { prefix: '/api' }), router('app:b', { prefix: '/api//' })),
    ).toEqual(['app:b prefix: router prefix already exists: "/api" belongs to "app:a"']);
    expect(
      reasons(server(), router('app:a', { prefix: '/api' }), router('app:b', { prefix: '/api/v1' })),
    ).toEqual([]);
  });

  test('lists every conflicting pair across routers (http.md R4)', () => {
    expect(
      reasons(
        server(),
        router('app:a', { prefix: '/a' }),
        router('app:b', { prefix: '/' }),
        endpoint('app:e1', 'GET', '/{x}', { router: 'app:a' }),
        endpoint('app:e2', 'GET', '/{y}/b', { router: 'app:b' }),
        endpoint('app:e3', 'POST', '/{y}/b', { router: 'app:b' }),
        endpoint('app:e4', 'GET', '/a/{z}', { router: 'app:b' }),
      ),
    ).toEqual([
      'app:e2 path: route pattern conflicts detected: "GET /{y}/b" with "/a/{x}" of "app:e1"',
      'app:e4 path: route pattern conflicts detected: "GET /a/{z}" with "/a/{x}" of "app:e1", "GET /a/{z}" with "/{y}/b" of "app:e2"',
    ]);
  });

  test('refuses a mount path used twice, and SPA without index (http.md 1.4)', () => {
    const mount = (id: string, path: string, options = {}): EntryDefinition => ({
      id,
      kind: 'http.static',
      data: { path, fs: 'app:files', static_options: options },
    });
    const files: EntryDefinition = { id: 'app:files', kind: 'fs.directory', data: { directory: '.' } };
    expect(reasons(server(), files, mount('app:a', '/m'), mount('app:b', '/m/', { spa: true }))).toEqual([
      'app:b path: mount path already exists: "/m/" belongs to "app:a"',
      'app:b static_options.index: index file must be specified for SPA mode',
    ]);
  });
});

describe('createHttpKinds()', () => {
  test('reports unknown middleware and malformed options with key and value (http.md M3, M4)', () => {
    expect(reasons(server(), router('app:a', { middleware: ['corz'] }))[0]).toContain(
      'app:a middleware: failed to create middleware: "corz" is unknown',
    );
    expect(
      reasons(
        server(),
        router('app:a', { post_middleware: ['ratelimit'], post_options: { 'ratelimit.burst': 'x' } }),
      ),
    ).toEqual([
      `app:a post_options.ratelimit.burst: Cannot use option 'ratelimit.burst': expected a whole number of at least 1, got 'x'`,
    ]);
  });

  test.each([
    [{ addr: '8080' }, 'expected an address'],
    [{ addr: '127.0.0.1:99999' }, 'expected an address'],
    [{ addr: '' }, 'address is required'],
    [{ network: 'app:overlay' }, 'network overlays are not supported'],
    [{ tls: { mode: 'auto' } }, 'not supported on plain listeners'],
    [{ tls: { mode: 'sometimes' } }, 'invalid tls.mode: sometimes'],
    [{ tls: { cert: 'x' } }, 'tls.mode is empty'],
    [{ tls: { mode: 'manual', cert: 'x' } }, 'needs both cert and key'],
    [{ tls: { mode: 'manual', cert: 'x', key: 'y', cert_env: 'Z' } }, 'give one pair'],
    [
      { tls: { mode: 'manual', cert: 'x', key: 'y', client_auth: 'maybe' } },
      'invalid tls.client_auth: maybe',
    ],
    [{ tls: { mode: 'manual', cert: 'x', key: 'y', client_auth: 'verify_if_given' } }, 'needs client_ca'],
    [{ tls: { mode: 'manual', cert: 'x', key: 'y', client_ca: 'c' } }, 'client_auth is not'],
  ])('refuses the server fields %j (http.md 1.1)', (data, fact) => {
    expect(reasons(server('app:gateway', data)).join()).toContain(fact);
  });

  test.each([':8080', '127.0.0.1:9090', '[::1]:80', 'localhost:0'])('accepts the address %s', (addr) => {
    expect(reasons(server('app:gateway', { addr }))).toEqual([]);
  });

  test('creates server and router only for endpoints that have none (app-format.md § 5.3)', () => {
    const implicit = (...definitions: EntryDefinition[]) =>
      kinds.flatMap((kind) => kind.implicit?.(lookupOf(...definitions)) ?? []).map(({ id }) => id);
    expect(implicit(endpoint('app:e', 'GET', '/x'))).toEqual(['system:gateway', 'system:api']);
    expect(implicit(endpoint('app:e', 'GET', '/x'), server())).toEqual(['system:api']);
    expect(implicit(endpoint('app:e', 'GET', '/x'), router('app:a'))).toEqual([]);
    expect(implicit(endpoint('app:e', 'GET', '/x', { router: 'app:a' }))).toEqual([]);
    expect(implicit()).toEqual([]);
  });
});
