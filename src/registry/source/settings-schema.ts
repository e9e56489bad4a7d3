/** Which settings there are (`app-format.md` § 7), and which of those somebody wrote this host does not read. */
import { suggest } from '../check/nearest.ts';
import type { Mapping, Value } from '../entry/entry.ts';
import { equalValues, isMapping } from '../entry/value.ts';

const texts = { type: 'array', items: { type: 'string' } };
const section = (properties: Record<string, unknown>) => ({ type: 'object', default: {}, properties });

/** Sections with an effect; defaults of `app-format.md` § 7. */
export const SETTINGS_SCHEMA = {
  type: 'object',
  properties: {
    logger: section({
      encoding: { enum: ['console', 'json'], default: 'console' },
      level: { enum: ['debug', 'info', 'warn', 'error'], default: 'info' },
    }),
    shutdown: section({ timeout: { type: 'string', format: 'duration', default: '30s' } }),
    queued: section({ limit: { type: 'integer', minimum: 1 } }),
    registry: section({
      enable_history: { type: 'boolean', default: true },
      history_type: { enum: ['memory', 'sqlite', 'nil'], default: 'memory' },
    }),
    relay: section({
      node_name: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$',
        description: 'a name of letters, digits, "_", "-" and ".", at most 63 of them',
      },
    }),
    linking: section({ strict: { type: 'boolean', default: false } }),
    http_client: section({ block_private_ips: { type: 'boolean', default: false } }),
    workspace: section({ replacements: { type: 'object', additionalProperties: { type: 'string' } } }),
    override: { type: 'object', default: {} },
    disable: section({ namespaces: texts, entries: texts, meta: { type: 'object' } }),
    vars: { type: 'object' },
    profiles: { type: 'object', additionalProperties: { type: 'object' } },
  },
} as const;

/**
 * Settings other hosts of this format read and this one does not, with what asks for nothing: their default. `any` are
 * whole sections, in which only `enabled: false` asks for nothing.
 */
const WITHOUT_EFFECT: Readonly<Record<string, 'any' | Readonly<Record<string, Value>>>> = {
  logmanager: { propagate_downstream: true, stream_to_events: false, min_level: 0 },
  security: { strict_mode: false },
  registry: { history_type: 'memory', history_path: '.wippy/registry.db', event_wait_timeout: '30s' },
  lua: { proto_cache_size: 60_000, main_cache_size: 10_000, 'eval.cache_size': 256 },
  finder: { query_cache_size: 1000, regex_cache_size: 100 },
  metrics: { 'buffer.size': 10_000, 'interceptor.enabled': false },
  prometheus: { enabled: false, address: '' },
  http_client: { block_private_ips: false },
  otel: 'any',
  cluster: 'any',
  lsp: 'any',
  network_service: 'any',
  profiler: 'any',
  extensions: 'any',
  raft: 'any',
  dispatcher: 'any',
  supervisor: 'any',
};

/** Sections whose keys are the user's own. */
const OPEN_SECTIONS: ReadonlySet<string> = new Set([
  'version',
  'override',
  'vars',
  'profiles',
  'disable',
  'workspace',
]);

/** A setting nobody reads. */
export interface UnusedSetting {
  readonly steps: readonly string[];
  readonly reason: string;
  readonly hint?: string;
}

/** Finds what was written and changes nothing: misspelt, or read by other hosts only. Profiles are looked into. */
export function findUnused(settings: Mapping): readonly UnusedSetting[] {
  const unused: UnusedSetting[] = [];
  const known = Object.keys(SETTINGS_SCHEMA.properties);
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'profiles' && isMapping(value)) {
      for (const [profile, sections] of Object.entries(value)) {
        const inner = isMapping(sections) ? findUnused(sections) : [];
        unused.push(...inner.map(({ steps, ...rest }) => ({ steps: [name, profile, ...steps], ...rest })));
      }
    }
    if (OPEN_SECTIONS.has(name)) continue;
    const elsewhere = WITHOUT_EFFECT[name];
    if (!known.includes(name) && elsewhere === undefined) {
      const candidates = ['version', ...known, ...Object.keys(WITHOUT_EFFECT)];
      unused.push(unknown([name], candidates));
    } else if (elsewhere === 'any') {
      if (!asksForNothing(value)) unused.push({ steps: [name], reason: NO_EFFECT });
    } else if (isMapping(value)) unused.push(...unusedKeys(name, value, elsewhere ?? {}));
  }
  return unused;
}

const NO_EFFECT = 'has no effect here';

function unusedKeys(
  section: string,
  value: Mapping,
  elsewhere: Readonly<Record<string, Value>>,
): UnusedSetting[] {
  const schema = (SETTINGS_SCHEMA.properties as Readonly<Record<string, unknown>>)[section];
  const read = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {});
  const known = [...read, ...Object.keys(elsewhere)];
  return leaves(value, known).flatMap(([key, item]): UnusedSetting[] => {
    const steps = [section, ...key.split('.')];
    const fallback = elsewhere[key];
    if (fallback === undefined) return read.includes(key) ? [] : [unknown(steps, known)];
    if (item === null || equalValues(item, fallback)) return [];
    // `nil` is no history, which is what happens.
    return key === 'history_type' && item === 'nil' ? [] : [{ steps, reason: NO_EFFECT }];
  });
}

/** Keys of a section with their values; dotted where the known key is. */
function leaves(value: Mapping, known: readonly string[]): [key: string, value: Value][] {
  return Object.entries(value).flatMap(([key, item]): [string, Value][] => {
    const isParent = known.some((name) => name.startsWith(`${key}.`));
    if (!isParent || !isMapping(item)) return [[key, item as Value]];
    return Object.entries(item).map(([inner, leaf]) => [`${key}.${inner}`, leaf as Value]);
  });
}

function unknown(steps: readonly string[], candidates: readonly string[]): UnusedSetting {
  const hint = suggest(steps.at(-1)!, candidates);
  return { steps, reason: 'there is no such setting', ...(hint === undefined ? {} : { hint }) };
}

function asksForNothing(value: Value | undefined): boolean {
  if (value === null || value === undefined) return true;
  if (!isMapping(value)) return false;
  return Object.keys(value).length === 0 || value.enabled === false;
}
