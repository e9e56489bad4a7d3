/**
 * Who belongs to whom: servers, their routers, endpoints and static mounts, found from the entries alone
 * (`http.md` § 1). Pure; the same answer serves the checks at load and the route tables at run time.
 */
import { toFailure } from '../../base/index.ts';
import {
  createProblem,
  type Entry,
  type EntryLookup,
  isMapping,
  type Mapping,
  type Problem,
  type Value,
} from '../../registry/index.ts';
import { readMediaTypes } from './media-types.ts';
import { PatternIndex } from './pattern-index.ts';
import { normalizePrefix, parseRoutePattern, type RoutePattern, relatePatterns } from './route-pattern.ts';

/** Middleware that makes a router the home of endpoints which name none (`http.md` A5). */
const RELAYS = ['websocket_relay', 'sse_relay'];

/** Methods an endpoint may have. */
export const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'] as const;

/** An endpoint in its place. */
export interface EndpointPlan {
  readonly entry: Entry;
  readonly router: RouterPlan;
  readonly method: string;
  readonly pattern: RoutePattern;
  /** ID of the function that answers. */
  readonly func: string;
}

/** A router in its place. */
export interface RouterPlan {
  readonly entry: Entry;
  readonly prefix: string;
}

/** A directory of files under a path. */
export interface MountPlan {
  readonly entry: Entry;
  /** Mount path, decoded segments as binary strings; `/` has none. */
  readonly segments: readonly string[];
  /** The `fs.directory` entry. */
  readonly directory: Entry;
  /** Index file; empty = none. */
  readonly index: string;
  readonly isSpa: boolean;
  /** `Cache-Control` of files, empty = none. */
  readonly cache: string;
  /** `Content-Type` by extension in lower case with its dot; for others the usual ones. */
  readonly mediaTypes: ReadonlyMap<string, string>;
}

/** Everything one server serves. */
export interface ServerPlan {
  readonly entry: Entry;
  readonly routers: readonly RouterPlan[];
  readonly endpoints: readonly EndpointPlan[];
  /** Longest mount path first (F1). */
  readonly mounts: readonly MountPlan[];
}

/** All servers of an application and what is wrong with it. */
export interface Topology {
  readonly servers: ReadonlyMap<string, ServerPlan>;
  readonly problems: readonly Problem[];
}

interface MutableServer {
  readonly entry: Entry;
  readonly routers: RouterPlan[];
  readonly endpoints: EndpointPlan[];
  readonly mounts: MountPlan[];
}

interface Draft {
  readonly entries: EntryLookup;
  readonly servers: Map<string, MutableServer>;
  readonly routers: Map<string, { plan: RouterPlan; server: MutableServer }>;
  readonly problems: Problem[];
}

/** Kinds a plan is made of. */
const PLANNED_KINDS = ['http.service', 'http.router', 'http.endpoint', 'http.static', 'fs.directory'];

/** Whether the place of an HTTP entry may depend on entries of this kind, named or not. */
export function isPlanned(kind: string): boolean {
  return PLANNED_KINDS.includes(kind);
}

/** A plan by the lists of entries it was made from, in the order of `PLANNED_KINDS`. */
type KnownPlans = WeakMap<readonly Entry[], KnownPlans | Topology>;

const known: KnownPlans = new WeakMap();

/** Puts every HTTP entry in its place. The same plan again as long as no entry it is made of has changed. */
export function planTopology(entries: EntryLookup): Topology {
  const lists = PLANNED_KINDS.map((kind) => entries.ofKind(kind));
  let plans = known;
  for (const list of lists.slice(0, -1)) {
    const next = (plans.get(list) as KnownPlans | undefined) ?? new WeakMap();
    plans.set(list, next);
    plans = next;
  }
  const last = lists.at(-1)!;
  const topology = (plans.get(last) as Topology | undefined) ?? makePlan(entries);
  plans.set(last, topology);
  return topology;
}

function makePlan(entries: EntryLookup): Topology {
  const draft: Draft = { entries, servers: new Map(), routers: new Map(), problems: [] };
  for (const entry of entries.ofKind('http.service')) {
    draft.servers.set(entry.id, { entry, routers: [], endpoints: [], mounts: [] });
  }
  for (const entry of entries.ofKind('http.router')) placeRouter(draft, entry);
  for (const entry of entries.ofKind('http.endpoint')) placeEndpoint(draft, entry);
  for (const entry of entries.ofKind('http.static')) placeMount(draft, entry);
  for (const server of draft.servers.values()) {
    findConflicts(draft, server.endpoints);
    server.mounts.sort((a, b) => b.segments.length - a.segments.length);
  }
  return { servers: draft.servers, problems: draft.problems };
}

/** The parent an entry names: in `meta`, else at the top (`http.md` A3). */
export function namedParent(entry: Entry, field: 'server' | 'router'): string | undefined {
  for (const value of [entry.meta[field], entry.data[field]]) {
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** A list of names, e.g. `middleware`; empty when absent. */
export function nameList(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** An error of one field of an entry. */
export function problemOf(entry: Entry, field: string, reason: string, hint?: string): Problem {
  return createProblem(entry, { field, reason, hint });
}

function placeRouter(draft: Draft, entry: Entry): void {
  const server = serverOf(draft, entry);
  if (server === undefined) return;
  const prefix = textOf(entry.data.prefix, '/');
  if (!prefix.startsWith('/')) {
    draft.problems.push(problemOf(entry, 'prefix', `prefix must start with /, got "${prefix}"`));
    return;
  }
  const plan: RouterPlan = { entry, prefix: normalizePrefix(prefix) };
  const twin = server.routers.find((other) => other.prefix === plan.prefix);
  if (twin !== undefined) {
    const reason = `router prefix already exists: "${plan.prefix}" belongs to "${twin.entry.id}"`;
    draft.problems.push(problemOf(entry, 'prefix', reason));
  }
  server.routers.push(plan);
  draft.routers.set(entry.id, { plan, server });
}

function placeEndpoint(draft: Draft, entry: Entry): void {
  const home = routerOf(draft, entry);
  if (home === undefined) return;
  try {
    const pattern = patternOf(entry, home.plan.prefix);
    const method = textOf(entry.data.method, '');
    const func = textOf(entry.data.func, '');
    home.server.endpoints.push({ entry, router: home.plan, method, pattern, func });
  } catch (error) {
    draft.problems.push(problemOf(entry, 'path', toFailure(error).message));
  }
}

/** Patterns by their entry: most entries stay as they are from one plan to the next. */
const patterns = new WeakMap<Entry, { readonly prefix: string; readonly pattern: RoutePattern }>();

function patternOf(entry: Entry, prefix: string): RoutePattern {
  const earlier = patterns.get(entry);
  if (earlier?.prefix === prefix) return earlier.pattern;
  const pattern = parseRoutePattern(prefix, textOf(entry.data.path, ''));
  patterns.set(entry, { prefix, pattern });
  return pattern;
}

function placeMount(draft: Draft, entry: Entry): void {
  const server = serverOf(draft, entry);
  const path = textOf(entry.data.path, '');
  const directory = draft.entries.get(textOf(entry.data.fs, ''));
  // A missing field or file system is reported by the schema and the reference check.
  if (server === undefined || path === '' || directory === undefined) return;
  if (!path.startsWith('/')) {
    draft.problems.push(problemOf(entry, 'path', `path must start with /, got "${path}"`));
    return;
  }
  const segments = Buffer.from(normalizePrefix(path), 'utf8').toString('latin1').split('/').slice(1);
  if (segments[0] === '') segments.pop();
  const twin = server.mounts.find((other) => other.segments.join('/') === segments.join('/'));
  if (twin !== undefined) {
    const reason = `mount path already exists: "${path}" belongs to "${twin.entry.id}"`;
    draft.problems.push(problemOf(entry, 'path', reason));
  }
  const option = (key: string): Value | undefined => {
    const { static_options: own, options: legacy } = entry.data;
    return (isMapping(own) ? own[key] : undefined) ?? (isMapping(legacy) ? legacy[key] : undefined);
  };
  const isSpa = option('spa') === true || option('spa') === 'true';
  const index = textOf(option('index'), isSpa ? '' : 'index.html');
  if (isSpa && index === '') {
    const reason = 'index file must be specified for SPA mode';
    draft.problems.push(problemOf(entry, 'static_options.index', reason));
  }
  const mediaTypes = placeMediaTypes(draft, entry);
  server.mounts.push({
    entry,
    segments,
    directory,
    index,
    isSpa,
    cache: textOf(option('cache'), ''),
    mediaTypes,
  });
}

function placeMediaTypes(draft: Draft, entry: Entry): ReadonlyMap<string, string> {
  const owner = ['static_options', 'options'].find((name) => {
    const options = entry.data[name];
    return isMapping(options) && options.mime_types !== undefined;
  });
  if (owner === undefined) return NO_TYPES;
  const { byExtension, faults } = readMediaTypes((entry.data[owner] as Mapping).mime_types);
  for (const { key, reason } of faults) {
    // Extensions contain dots, so the dotted field alone does not say where the value stands.
    const position = entry.origin?.locate(['data', owner, 'mime_types', key]);
    draft.problems.push({ ...problemOf(entry, `${owner}.mime_types.${key}`, reason), position });
  }
  return byExtension;
}

const NO_TYPES: ReadonlyMap<string, string> = new Map();

/** `http.md` A6, A7. */
function serverOf(draft: Draft, entry: Entry): MutableServer | undefined {
  const named = namedParent(entry, 'server');
  // A named parent that does not exist is reported by the reference check (A7).
  if (named !== undefined) return draft.servers.get(named);
  const [only, ...others] = draft.servers.values();
  if (only !== undefined && others.length === 0) return only;
  draft.problems.push(
    problemOf(
      entry,
      'meta.server',
      `server metadata is required: the application has ${draft.servers.size} servers`,
      'name one with "meta: { server: <id of an http.service> }"',
    ),
  );
  return undefined;
}

/** `http.md` A5, A7. */
function routerOf(draft: Draft, entry: Entry): { plan: RouterPlan; server: MutableServer } | undefined {
  const named = namedParent(entry, 'router');
  if (named !== undefined) return draft.routers.get(named);
  const all = draft.entries.ofKind('http.router');
  const relays = all.filter((router) => {
    const { middleware, post_middleware } = router.data;
    return [...nameList(middleware), ...nameList(post_middleware)].some((name) => RELAYS.includes(name));
  });
  const candidates = all.length === 1 ? all : relays.length === 1 ? relays : [];
  if (candidates.length === 1) return draft.routers.get(candidates[0]!.id);
  const open = (relays.length > 1 ? relays : all).map((router) => `"${router.id}"`).join(', ');
  draft.problems.push(
    problemOf(
      entry,
      'meta.router',
      `router metadata is required: it could belong to ${open || 'no router'}`,
      'name one with "meta: { router: <id of an http.router> }"',
    ),
  );
  return undefined;
}

/** `http.md` R4: every pair of endpoints that some request could not choose between. */
function findConflicts(draft: Draft, endpoints: readonly EndpointPlan[]): void {
  const indexes = new Map<string, PatternIndex<EndpointPlan>>();
  for (const endpoint of endpoints) {
    const index = indexes.get(endpoint.method) ?? new PatternIndex<EndpointPlan>();
    indexes.set(endpoint.method, index);
    const pairs = index
      .overlapping(endpoint.pattern)
      .filter((other) => ['equal', 'crossing'].includes(relatePatterns(endpoint.pattern, other.pattern)))
      .map(
        (other) =>
          `"${endpoint.method} ${endpoint.pattern.text}" with "${other.pattern.text}" of "${other.entry.id}"`,
      );
    index.add(endpoint.pattern, endpoint);
    if (pairs.length === 0) continue;
    draft.problems.push(
      problemOf(endpoint.entry, 'path', `route pattern conflicts detected: ${pairs.join(', ')}`),
    );
  }
}

function textOf(value: Value | undefined, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}
