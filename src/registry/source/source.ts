/**
 * Where the definition files of an application are (`app-format.md` § 2): its own folder, replacements of
 * modules, and vendored modules. Nothing is ever downloaded.
 */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { DEFINITION_BYTES_MAX, HubError } from '../../base/index.ts';
import type { Draft } from '../entry/draft.ts';
import type { Mapping, Problem, Value } from '../entry/entry.ts';
import { describeValue, freezeMapping, isMapping } from '../entry/value.ts';
import { type DisableRules, dropDisabled } from './adjust.ts';
import { showFile } from './definition-file.ts';
import { isMissing, readText, toReason } from './file-value.ts';
import { parseYaml } from './yaml.ts';

/** One folder of definition files, or one file. */
export interface Source {
  /** Absolute. Bounds the files its entries name. */
  readonly root: string;
  /** Set when only this file counts. */
  readonly file?: string;
  /** Set for modules. */
  readonly module?: ModuleSource;
}

/** What makes the entries of a module known as such. */
export interface ModuleSource {
  /** `org/module`. */
  readonly name: string;
  readonly version: string | undefined;
  /** What the module's own `wippy.yaml` leaves out (`app-format.md` 2.3). */
  readonly excludes: DisableRules;
}

/** All sources in load order. */
export interface Sources {
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
  /** Absolute paths of files that decided, e.g. the lock file. */
  readonly files: readonly string[];
  /** Finds a module that an `ns.dependency` names and no list does; `undefined` when it is not vendored. */
  findModule(component: string, version: string | undefined): Promise<Source | undefined>;
  /** The places where `findModule` looks, for messages. */
  modulePlaces(component: string): string;
}

/** Where to start. */
export interface SourceOptions {
  readonly path?: string | undefined;
  readonly cwd: string;
  /** Lock file, relative to `cwd`. Default: `wippy.lock` of the application folder, if there is one. */
  readonly lockFile?: string | undefined;
  /** More replacements, `org/module` -> folder relative to `cwd`; they win over those of the lock file. */
  readonly replacements?: Readonly<Record<string, string>> | undefined;
}

/** What the lock file says (`app-format.md` § 2). */
interface Lock {
  readonly folder: string;
  readonly src: string | undefined;
  readonly modules: string;
  readonly moduleList: readonly { readonly name: string; readonly version: string | undefined }[];
  readonly replacements: ReadonlyMap<string, string>;
}

/** Finds the sources of an application. @throws MH_REGISTRY_PATH_INVALID */
export async function findSources(options: SourceOptions): Promise<Sources> {
  const { cwd } = options;
  const target = path.resolve(cwd, options.path ?? '.');
  const status = await fs.stat(target).catch(() => undefined);
  if (status === undefined) {
    throw invalid(`there is no file or folder "${options.path ?? target}"`);
  }
  const folder = status.isFile() ? path.dirname(target) : target;
  const lockFile = path.resolve(cwd, options.lockFile ?? path.join(folder, 'wippy.lock'));
  const mayLock = options.lockFile !== undefined || !status.isFile();
  const lock = mayLock ? await readLock(lockFile, options.lockFile !== undefined) : undefined;
  const own: Source = status.isFile()
    ? { root: folder, file: target }
    : { root: lock?.src ?? (await findSourceFolder(folder)) };
  return collectSources(own, lock ?? emptyLock(folder), lock === undefined ? [] : [lockFile], options);
}

async function collectSources(
  own: Source,
  lock: Lock,
  files: readonly string[],
  options: SourceOptions,
): Promise<Sources> {
  const problems: Problem[] = [];
  const replacements = new Map(lock.replacements);
  for (const [name, to] of Object.entries(options.replacements ?? {}))
    replacements.set(name, path.resolve(options.cwd, to));
  const sources = [own];
  for (const [name, folder] of replacements) {
    if (!(await isFolder(folder))) throw invalid(`the replacement of "${name}" is no folder: "${folder}"`);
    const version = lock.moduleList.find((module) => module.name === name)?.version;
    sources.push(await openModule(name, version, folder));
  }
  const places = (component: string): readonly string[] => [
    path.join(lock.modules, 'vendor', ...component.split('/')),
  ];
  const findModule = async (component: string, version: string | undefined): Promise<Source | undefined> => {
    for (const place of places(component)) {
      const candidates = version === undefined ? [place] : [`${place}-${version}`, place];
      for (const candidate of candidates)
        if (isComponent(component) && (await isFolder(candidate)))
          return openModule(component, version, candidate);
    }
    return undefined;
  };
  const modulePlaces = (component: string): string =>
    `neither among the replacements nor at ${places(component)
      .map((place) => showFile(place, options.cwd))
      .join(', ')}`;
  for (const { name, version } of lock.moduleList) {
    if (replacements.has(name)) continue;
    const source = await findModule(name, version);
    if (source !== undefined) sources.push(source);
    else {
      const reason = `module "${name}" of the lock file was found ${modulePlaces(name)}`;
      problems.push({
        severity: 'warning',
        position: undefined,
        entryId: undefined,
        field: undefined,
        reason,
      });
    }
  }
  return { sources, problems, files, findModule, modulePlaces };
}

/** `app-format.md` 2.1, and a folder with definitions of its own is the source folder itself. */
async function findSourceFolder(folder: string): Promise<string> {
  const items = await fs.readdir(folder, { withFileTypes: true });
  if (items.some((item) => /^_index\.(ya?ml|json)$/.test(item.name))) return folder;
  const hasSrc = items.some((item) => item.name === 'src' && item.isDirectory());
  return hasSrc ? path.join(folder, 'src') : folder;
}

async function openModule(name: string, version: string | undefined, folder: string): Promise<Source> {
  const src = path.join(folder, 'src');
  const root = (await isFolder(src)) ? src : folder;
  const manifest = await readMapping(path.join(folder, 'wippy.yaml'), false);
  const excludes: DisableRules = {
    entries: toTexts(manifest?.exclude),
    meta: toMetaRules(manifest?.exclude_meta),
  };
  return { root, module: { name, version, excludes } };
}

/** Marks the entries of a module, leaving out what it excludes (`app-format.md` 2.3). */
export function claimForModule(drafts: readonly Draft[], module: ModuleSource): Draft[] {
  return dropDisabled(drafts, module.excludes).map((draft) => {
    const mark: Record<string, Value> = Object.create(null);
    mark.module = module.name;
    if (module.version !== undefined) mark.module_version = module.version;
    const meta = freezeMapping(Object.assign(Object.create(null), mark, draft.meta));
    return { ...draft, meta, module: module.name };
  });
}

async function readLock(file: string, isRequired: boolean): Promise<Lock | undefined> {
  const lock = await readMapping(file, isRequired);
  if (lock === undefined) return undefined;
  const folder = path.dirname(file);
  const directories = isMapping(lock.directories) ? lock.directories : {};
  const listed: readonly Value[] = Array.isArray(lock.modules) ? lock.modules : [];
  const replaced: readonly Value[] = Array.isArray(lock.replacements) ? lock.replacements : [];
  const replacements = new Map<string, string>();
  for (const item of replaced)
    if (isMapping(item) && typeof item.from === 'string' && typeof item.to === 'string')
      replacements.set(item.from, path.resolve(folder, item.to));
  const text = (field: string, value: Value | undefined, fallback: string): string => {
    if (value === undefined || value === null) return fallback;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw invalid(`"${file}": field "${field}": expected text, got ${describeValue(value)}`);
  };
  const src = path.resolve(folder, text('directories.src', directories.src, '.'));
  if (!(await isFolder(src))) throw invalid(`"${file}" names a source folder that is not there: "${src}"`);
  return {
    folder,
    src,
    modules: path.resolve(folder, text('directories.modules', directories.modules, '.wippy')),
    moduleList: listed.flatMap((item) =>
      isMapping(item) && typeof item.name === 'string'
        ? [{ name: item.name, version: text('modules.version', item.version, '') || undefined }]
        : [],
    ),
    replacements,
  };
}

function emptyLock(folder: string): Lock {
  const modules = path.join(folder, '.wippy');
  return { folder, src: undefined, modules, moduleList: [], replacements: new Map() };
}

/** A YAML file that is a mapping; `undefined` when there is none. @throws MH_REGISTRY_PATH_INVALID */
async function readMapping(file: string, isRequired: boolean): Promise<Mapping | undefined> {
  let text: string;
  try {
    text = await readText(file, DEFINITION_BYTES_MAX);
  } catch (error) {
    if (isMissing(error) && !isRequired) return undefined;
    throw invalid(`"${file}" cannot be read: ${isMissing(error) ? 'no such file' : toReason(error)}`);
  }
  const { value, faults, positionOf } = parseYaml(text);
  const fault = faults.find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    const { line, column } = positionOf(fault.offset);
    throw invalid(`${file}:${line}:${column}: ${fault.reason}`);
  }
  if (!isMapping(value)) throw invalid(`"${file}" is not a mapping`);
  return value;
}

/** `org/module`, each one path segment: a component must not lead out of the vendor folder. */
function isComponent(text: string): boolean {
  return /^[A-Za-z0-9_-][A-Za-z0-9_.-]*\/[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(text);
}

async function isFolder(folder: string): Promise<boolean> {
  return (await fs.stat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

function toTexts(value: Value | undefined): readonly string[] {
  const list: readonly Value[] = Array.isArray(value) ? value : [];
  return list.filter((item) => typeof item === 'string');
}

function toMetaRules(value: Value | undefined): Readonly<Record<string, readonly Value[]>> {
  if (!isMapping(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([field, values]) => [
      field,
      Array.isArray(values) ? (values as readonly Value[]) : [values as Value],
    ]),
  );
}

function invalid(fact: string): HubError {
  return new HubError('MH_REGISTRY_PATH_INVALID', { message: `Cannot load an application: ${fact}` });
}
