/**
 * Settings of a hub: `.wippy.yaml`, profiles and `--set` (`app-format.md` § 7). Later wins, leaf by leaf:
 * defaults < files < profiles < `--set`.
 */
import path from 'node:path';
import { DEFINITION_BYTES_MAX, HubError, parseDurationMs } from '../../base/index.ts';
import { suggest } from '../check/nearest.ts';
import { coerceText, fillPlaceholders } from '../check/placeholder.ts';
import { createSchemaCompiler } from '../check/schema-check.ts';
import type { Mapping, Position, Problem, Value } from '../entry/entry.ts';
import {
  describeValue,
  EMPTY_MAPPING,
  forEachString,
  freezeMapping,
  getAt,
  isMapping,
  setAt,
  toMapping,
  toValue,
} from '../entry/value.ts';
import { type DisableRules, type Override, parseOverride } from './adjust.ts';
import { isMissing, readText, toReason } from './file-value.ts';
import { findUnused, SETTINGS_SCHEMA } from './settings-schema.ts';
import { parseYaml, type Spot } from './yaml.ts';

/** Read when no file is named; it may be missing. */
/** Settings of the working directory, read when there are any. */
export const DEFAULT_SETTINGS_FILE = '.wippy.yaml';

/** Where settings come from. */
export interface SettingsOptions {
  readonly cwd: string;
  /** Files named by the user, merged left to right; they must exist. Default: `.wippy.yaml` if it exists. */
  readonly files?: readonly string[] | undefined;
  /** Profiles chosen, applied in order. */
  readonly profiles?: readonly string[] | undefined;
  /** `section.path=value`, applied in order. */
  readonly sets?: readonly string[] | undefined;
  /** For `${env:NAME}`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What a hub and its loader are told by settings. */
export interface Settings {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logEncoding: 'console' | 'json';
  readonly shutdownTimeoutMs: number;
  /** Bytes that may wait for somebody slow, in all queues together; `undefined` = the default. */
  readonly queuedBytesMax: number | undefined;
  /** Versions the registry keeps; `undefined` = the default. */
  readonly registryVersionsMax: number | undefined;
  readonly isStrictLinking: boolean;
  readonly blocksPrivateAddresses: boolean;
  readonly overrides: readonly Override[];
  readonly disable: DisableRules;
  readonly replacements: Readonly<Record<string, string>>;
  /** Name of this node, part of every PID; `undefined` = none. */
  readonly nodeName: string | undefined;
  /** Everything as merged, for inspection. */
  readonly merged: Mapping;
}

/**
 * Reads and checks all settings.
 * @returns warnings beside the settings.
 * @throws MH_REGISTRY_CONFIG_INVALID
 */
export async function loadSettings(
  options: SettingsOptions,
): Promise<{ settings: Settings; problems: readonly Problem[] }> {
  const problems: Problem[] = [];
  const files = options.files ?? [];
  let merged: Mapping = EMPTY_MAPPING;
  for (const file of files.length > 0 ? files : [DEFAULT_SETTINGS_FILE])
    merged = mergeMappings(merged, await readFile(file, files.length > 0, options.cwd, problems));
  merged = applyProfiles(merged, options.profiles ?? []);
  for (const text of options.sets ?? []) {
    merged = applySet(merged, text);
    for (const { steps, ...rest } of findUnused(applySet(EMPTY_MAPPING, text)))
      problems.push({
        severity: 'warning',
        position: undefined,
        entryId: undefined,
        field: steps.join('.'),
        ...rest,
      });
  }
  merged = fillVariables(merged, options.environment);
  return { settings: toSettings(merged), problems };
}

async function readFile(
  file: string,
  isRequired: boolean,
  cwd: string,
  problems: Problem[],
): Promise<Mapping> {
  let text: string;
  try {
    text = await readText(path.resolve(cwd, file), DEFINITION_BYTES_MAX);
  } catch (error) {
    if (isMissing(error) && !isRequired) return EMPTY_MAPPING;
    throw invalid(
      `file "${file}" ${isMissing(error) ? 'is not there' : `cannot be read: ${toReason(error)}`}`,
    );
  }
  const { value, faults, positionOf, spot } = parseYaml(text);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    const { line, column } = positionOf(fault.offset);
    throw invalid(`${file}:${line}:${column}: ${fault.reason}`);
  }
  if (value === null) return EMPTY_MAPPING;
  if (!isMapping(value)) throw invalid(`file "${file}" is not a mapping`);
  const warn = (position: Position, reason: string): void => {
    problems.push({ severity: 'warning', position, entryId: undefined, field: undefined, reason });
  };
  const top = { file, line: 1, column: 1 };
  if (value.version === undefined) warn(top, 'no "version" given, expected "1.0"');
  else if (value.version !== '1.0' && value.version !== 1) warn(top, 'unknown version, expected "1.0"');
  for (const { steps, ...rest } of findUnused(value)) {
    const position = { file, ...positionOf(offsetOf(spot, steps)) };
    problems.push({ severity: 'warning', position, entryId: undefined, field: steps.join('.'), ...rest });
  }
  return value;
}

/** Where the deepest part of a path that was written stands. */
function offsetOf(spot: Spot, steps: readonly string[]): number {
  let at = spot;
  for (const step of steps) at = at.children?.get(step) ?? at;
  return at.offset;
}

/** Mappings merge key by key; lists and scalars are replaced. */
function mergeMappings(base: Mapping, over: Mapping): Mapping {
  const merged: Record<string, Value> = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isMapping(old) && isMapping(value) ? mergeMappings(old, value) : (value as Value);
  }
  return freezeMapping(merged);
}

/** `app-format.md` 7.3. */
function applyProfiles(settings: Mapping, chosen: readonly string[]): Mapping {
  const known = isMapping(settings.profiles) ? settings.profiles : EMPTY_MAPPING;
  let merged = settings;
  for (const name of chosen) {
    const profile = known[name];
    if (!isMapping(profile)) {
      const hint = suggest(name, Object.keys(known));
      throw invalid(`there is no profile "${name}"${hint === undefined ? '' : ` (${hint})`}`);
    }
    merged = mergeMappings(merged, profile);
    for (const part of ['namespaces', 'entries']) {
      const change = getAt(profile, ['disable', part]);
      // `{add, remove}` edits the list that was there; a plain list replaced it in the merge.
      if (!isMapping(change)) continue;
      const before = getAt(settings, ['disable', part]);
      merged = setAt(merged, ['disable', part], editList(before, change)) as Mapping;
    }
    settings = merged;
  }
  return merged;
}

function editList(before: Value | undefined, change: Mapping): Value {
  const removed = new Set(toTexts(change.remove));
  const kept = toTexts(before).filter((text) => !removed.has(text));
  return toValue([...new Set([...kept, ...toTexts(change.add)])]);
}

/** `app-format.md` 7.4. */
function applySet(settings: Mapping, text: string): Mapping {
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(0, equals));
  if (!/^[^.]+(\.[^.]+)+$/.test(key)) throw invalid(`--set takes "section.path=value", got "${text}"`);
  return setAt(settings, key.split('.'), coerceText(text.slice(equals + 1))) as Mapping;
}

/** `app-format.md` 7.2: `${name}` from `vars`, `${env:NAME}` from the process environment. */
function fillVariables(
  settings: Mapping,
  environment: Readonly<Record<string, string | undefined>>,
): Mapping {
  const vars = isMapping(settings.vars) ? settings.vars : EMPTY_MAPPING;
  let filled: Value = settings;
  forEachString(settings, (text, steps) => {
    if (!text.includes('${') || steps[0] === 'profiles') return;
    const whole = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
    const readVar = (name: string): Value => {
      const value = vars[name];
      if (value === undefined) throw invalid(`"${steps.join('.')}": there is no variable "${name}" in vars`);
      return value;
    };
    const replaced = text.replace(
      /(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
      (match, escaped: string, name: string) => (escaped === '' ? inText(name, readVar(name)) : match),
    );
    filled = setAt(filled, steps, whole === undefined ? replaced : readVar(whole));
  });
  const read = (name: string) => ({
    value: Object.hasOwn(environment, name) ? environment[name] : undefined,
    entryId: undefined,
  });
  const result = fillPlaceholders(filled as Mapping, read, ([first]) => first === 'profiles');
  const [fault] = result.faults;
  if (fault !== undefined) throw invalid(`"${fault.path.join('.')}": ${fault.reason}`);
  return result.data;
}

/** A variable inside longer text. */
function inText(name: string, value: Value): string {
  if (typeof value === 'object' && value !== null)
    throw invalid(`variable "${name}" is ${describeValue(value)}: it cannot stand inside text`);
  return String(value);
}

function toSettings(merged: Mapping): Settings {
  const { value, faults } = createSchemaCompiler()(SETTINGS_SCHEMA)(merged);
  const [fault] = faults;
  if (fault !== undefined) {
    throw invalid(`"${fault.field}": ${fault.reason}${fault.hint === undefined ? '' : ` (${fault.hint})`}`);
  }
  const at = <T>(...steps: string[]): T => getAt(value, steps) as T;
  const hasHistory =
    at<boolean>('registry', 'enable_history') && at<string>('registry', 'history_type') !== 'nil';
  const metas = at<Mapping | undefined>('disable', 'meta') ?? EMPTY_MAPPING;
  return {
    logLevel: at('logger', 'level'),
    logEncoding: at('logger', 'encoding'),
    queuedBytesMax: at('queued', 'limit'),
    shutdownTimeoutMs: parseDurationMs(at('shutdown', 'timeout')),
    registryVersionsMax: hasHistory ? undefined : 1,
    isStrictLinking: at('linking', 'strict'),
    blocksPrivateAddresses: at('http_client', 'block_private_ips'),
    overrides: Object.entries(at<Mapping>('override')).map(([key, item]) => parseOverride(key, item)),
    disable: {
      namespaces: toTexts(at('disable', 'namespaces')),
      entries: toTexts(at('disable', 'entries')),
      meta: Object.fromEntries(
        Object.entries(metas).map(([field, items]) => [
          field,
          Array.isArray(items) ? (items as readonly Value[]) : [items as Value],
        ]),
      ),
    },
    replacements: toReplacements(at('workspace', 'replacements')),
    nodeName: at('relay', 'node_name'),
    merged: toMapping(value),
  };
}

function toReplacements(value: Mapping | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value ?? {}).map(([name, folder]) => [name, String(folder)]));
}

function toTexts(value: Value | undefined): readonly string[] {
  const list: readonly Value[] = Array.isArray(value) ? value : [];
  return list.filter((item) => typeof item === 'string');
}

function invalid(fact: string): HubError {
  return new HubError('MH_REGISTRY_CONFIG_INVALID', { message: `Cannot read the configuration: ${fact}` });
}
