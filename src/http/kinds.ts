/** The kinds of the http room: schemas, references, and the rules no schema can say (`http.md` § 1). */

import type { Clock } from '../base/index.ts';
import { HubError, silentLog, toFailure } from '../base/index.ts';
import type { Entry, EntryLookup, KindDefinition, Mapping, Problem } from '../registry/index.ts';
import type { RunnableKind } from '../service/index.ts';
import { locateRoot } from './files/file-root.ts';
import { buildLayers, closeLayers, LAYER_LISTS } from './middleware/layers.ts';
import type { MiddlewareFactory } from './middleware/middleware.ts';
import type { HttpRoom } from './room.ts';
import { isPlanned, METHODS, namedParent, planTopology, problemOf } from './routes/topology.ts';
import { parseAddress } from './server/address.ts';
import { createServerRunner } from './server/server-runner.ts';
import { checkTls } from './server/tls.ts';

/** IDs of the server and router that exist when nobody declares one (`app-format.md` § 5.3). */
export const IMPLICIT_SERVER = 'system:gateway';
export const IMPLICIT_ROUTER = 'system:api';

const text = { type: 'string' };
const headerText = { type: 'string', pattern: '^[\\t -~]*$', description: 'printable text of one line' };
const names = { type: 'array', items: { type: 'string', minLength: 1 } };
const scalar = ['string', 'number', 'boolean', 'null'];
const optionMap = {
  type: 'object',
  additionalProperties: { type: [...scalar, 'array'], items: { type: scalar } },
};
const mediaTypes = {
  type: 'object',
  description: 'a mapping from file extension to media type, such as { .css: text/css }',
};
const duration = {
  anyOf: [{ type: 'string', format: 'duration' }, { const: 0 }],
  description: 'a duration such as "30s"',
};

const service: Omit<KindDefinition, 'check'> = {
  kind: 'http.service',
  summary: 'A server: an address to listen on, its timeouts and its TLS.',
  hasLifecycle: true,
  schema: {
    type: 'object',
    required: ['addr'],
    properties: {
      addr: { ...text, description: 'an address such as ":8080" or "127.0.0.1:8080"' },
      timeouts: {
        type: 'object',
        properties: { read: duration, write: duration, idle: duration, handler: duration },
      },
      max_body: { type: 'integer', minimum: 1 },
      expose_errors: { type: 'boolean', default: false },
      host: {
        type: 'object',
        properties: {
          buffer_size: { type: 'integer', minimum: 0 },
          worker_count: { type: 'integer', minimum: 0 },
        },
      },
      network: text,
      tls: {
        type: 'object',
        properties: Object.fromEntries(
          ['mode', 'cert', 'key', 'cert_env', 'key_env', 'client_auth', 'client_ca', 'client_ca_env'].map(
            (field) => [field, text],
          ),
        ),
      },
    },
  },
};

const router: Omit<KindDefinition, 'check'> = {
  kind: 'http.router',
  summary: 'Endpoints under one path prefix, with their middleware.',
  schema: {
    type: 'object',
    properties: {
      server: text,
      prefix: { type: 'string', default: '/' },
      middleware: names,
      post_middleware: names,
      options: optionMap,
      post_options: optionMap,
    },
  },
  metaSchema: { type: 'object', properties: { server: text } },
  references: parentReferences('server', 'http.service'),
};

const endpoint: Omit<KindDefinition, 'check'> = {
  kind: 'http.endpoint',
  summary: 'A method and a path, answered by a function.',
  schema: {
    type: 'object',
    required: ['method', 'path', 'func'],
    properties: {
      router: text,
      method: { type: 'string', enum: METHODS },
      path: { type: 'string', pattern: '^/', description: 'a path that starts with /' },
      func: { type: 'string', minLength: 1 },
    },
  },
  metaSchema: { type: 'object', properties: { router: text } },
  references: [
    { path: 'func', kinds: ['function.lua', 'process.lua'], noun: 'function' },
    ...parentReferences('router', 'http.router'),
  ],
};

const files: Omit<KindDefinition, 'check'> = {
  kind: 'http.static',
  summary: 'A directory of files under a path.',
  schema: {
    type: 'object',
    required: ['path', 'fs'],
    properties: {
      server: text,
      path: { type: 'string', pattern: '^/', description: 'a path that starts with /' },
      fs: { type: 'string', minLength: 1 },
      static_options: {
        type: 'object',
        properties: { spa: { type: 'boolean' }, index: text, cache: headerText, mime_types: mediaTypes },
      },
      middleware: names,
      options: {
        ...optionMap,
        properties: { mime_types: mediaTypes, cache: { ...headerText, type: scalar } },
      },
    },
  },
  metaSchema: { type: 'object', properties: { server: text } },
  references: [
    { path: 'fs', kinds: ['fs.directory'], noun: 'filesystem' },
    ...parentReferences('server', 'http.service'),
  ],
};

const directory: Omit<KindDefinition, 'check'> = {
  kind: 'fs.directory',
  summary: 'A directory programs and static mounts may use; nothing outside it is reachable.',
  schema: {
    type: 'object',
    required: ['directory'],
    properties: {
      directory: { type: 'string', minLength: 1 },
      mode: {
        type: 'string',
        pattern: '^0?[0-7]{3}$',
        default: '0755',
        description: 'a mode such as "0755"',
      },
      auto_init: { type: 'boolean', default: false },
      base: { type: 'string', enum: ['project', 'module'] },
    },
  },
};

/** What the kinds work with. */
export interface HttpKindOptions {
  /** Every middleware there is: a check creates each one a router lists, and closes it again. */
  readonly middleware: ReadonlyMap<string, MiddlewareFactory>;
  /** Working directory of the hub, absolute: relative directories start there. */
  readonly cwd: string;
  readonly clock: Clock;
  /** Whose servers an `http.service` runs. */
  readonly room: Pick<HttpRoom, 'server'>;
}

/** The kinds `http.service`, `http.router`, `http.endpoint`, `http.static` and `fs.directory`. */
export function createHttpKinds(options: HttpKindOptions): readonly RunnableKind[] {
  const topologyProblems = (entry: Entry, entries: EntryLookup): readonly Problem[] =>
    planTopology(entries).problems.filter((problem) => problem.entryId === entry.id);
  const withLayers = (entry: Entry, entries: EntryLookup): readonly Problem[] => [
    ...topologyProblems(entry, entries),
    ...checkLayers(entry, entries, options),
  ];
  const isLayered = (kind: string): boolean =>
    isPlanned(kind) || [...options.middleware.values()].some(({ kinds }) => kinds?.includes(kind) === true);
  return [
    { ...service, check: checkService, run: ({ id }) => createServerRunner(options.room, id) },
    { ...router, check: withLayers, isCheckedWith: isLayered },
    { ...endpoint, check: topologyProblems, isCheckedWith: isPlanned, implicit: implicitEntries },
    { ...files, check: withLayers, isCheckedWith: isLayered },
    { ...directory, check: (entry) => checkDirectory(entry, options.cwd) },
  ];
}

function checkService(entry: Entry): readonly Problem[] {
  const { addr, network, tls } = entry.data;
  const problems = attempt(entry, 'addr', () => parseAddress(String(addr)));
  if (addr === '') return [problemOf(entry, 'addr', 'address is required')];
  if (typeof network === 'string' && network !== '') {
    problems.push(problemOf(entry, 'network', `network overlays are not supported, got "${network}"`));
  }
  const tlsProblem = checkTls(tls);
  if (tlsProblem !== undefined) problems.push(problemOf(entry, 'tls', tlsProblem));
  return problems;
}

function checkDirectory(entry: Entry, cwd: string): readonly Problem[] {
  if (entry.data.auto_init === true) return []; // Made when it is first used, not by a check.
  return attempt(entry, 'directory', () => locateRoot(entry, cwd));
}

/** Creates each layer as the server would, so that load reports what start would trip over (M3, M4). */
function checkLayers(
  entry: Entry,
  entries: EntryLookup,
  { middleware, cwd, clock }: HttpKindOptions,
): readonly Problem[] {
  const servers = planTopology(entries).servers.values();
  const server = [...servers].find(
    (plan) =>
      plan.routers.some((each) => each.entry.id === entry.id) ||
      plan.mounts.some((each) => each.entry.id === entry.id),
  );
  if (server === undefined) return []; // Its parent is missing; that is a problem of its own.
  const context = { factories: middleware, entries, cwd, clock, log: silentLog };
  return LAYER_LISTS.flatMap((list) => {
    try {
      closeLayers(buildLayers(list, entry, server.entry, context), silentLog);
      return [];
    } catch (error) {
      const key = error instanceof HubError ? error.details?.key : undefined;
      const hint = error instanceof HubError ? error.hint : undefined;
      const reason = toFailure(error).message;
      if (typeof key !== 'string') return [problemOf(entry, list.names, reason, hint)];
      // Option keys contain dots, so the dotted field alone does not say where the value stands.
      const position = entry.origin?.locate(['data', list.options, key]);
      return [{ ...problemOf(entry, `${list.options}.${key}`, reason, hint), position }];
    }
  });
}

/** `http.md` A5: the server and router that serve endpoints of an application without any router. */
function implicitEntries(entries: EntryLookup): ReturnType<NonNullable<KindDefinition['implicit']>> {
  const isHomeless = (entry: Entry): boolean => namedParent(entry, 'router') === undefined;
  if (entries.ofKind('http.router').length > 0) return [];
  if (!entries.ofKind('http.endpoint').some(isHomeless)) return [];
  const declared = entries.ofKind('http.service');
  const server = declared.length === 1 ? declared[0]!.id : IMPLICIT_SERVER;
  return [
    ...(server === IMPLICIT_SERVER
      ? [{ id: IMPLICIT_SERVER, kind: 'http.service', data: implicitServer }]
      : []),
    { id: IMPLICIT_ROUTER, kind: 'http.router', meta: { server }, data: implicitRouter },
  ];
}

// Loopback only: nothing is exposed that nobody declared (decision 8).
const implicitServer: Mapping = { addr: '127.0.0.1:8080', lifecycle: { auto_start: true } };

// Only the program of the WebSocket guide depends on this router, and it decodes JSON itself.
const implicitRouter: Mapping = {
  prefix: '/api/v1',
  post_middleware: ['websocket_relay'],
  post_options: { 'wsrelay.payload': 'json' },
};

/** A3: the parent may be named in `meta` or at the top. A missing one is judged by the topology (A5-A7). */
function parentReferences(
  field: 'server' | 'router',
  kind: string,
): NonNullable<KindDefinition['references']> {
  return [
    { path: `meta.${field}`, kinds: [kind], noun: field },
    { path: field, kinds: [kind], noun: field },
  ];
}

function attempt(entry: Entry, field: string, run: () => void): Problem[] {
  try {
    run();
    return [];
  } catch (error) {
    const hint = error instanceof HubError ? error.hint : undefined;
    return [problemOf(entry, field, toFailure(error).message, hint)];
  }
}
