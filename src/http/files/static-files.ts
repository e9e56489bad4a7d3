/** Serves a directory of files under a path (`http.md` § 1.4). */
import { stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Exchange } from '../exchange/exchange.ts';
import type { RequestTarget } from '../exchange/request-target.ts';
import type { MountPlan } from '../routes/topology.ts';
import { answerFile, type FileAnswer } from './file-answer.ts';
import { findBelow, locateRoot } from './file-root.ts';

/** A mount ready to serve. */
export interface Mount {
  readonly plan: MountPlan;
  /** Absolute path of the directory, without symlinks. */
  readonly root: string;
}

/**
 * @param cwd working directory of the hub, absolute.
 * @throws MH_HTTP_DIRECTORY_NOT_FOUND
 */
export function openMount(plan: MountPlan, cwd: string): Mount {
  return { plan, root: locateRoot(plan.directory, cwd) };
}

/** The longest mount that covers a path, on segment boundaries (F1). `mounts` are sorted longest first. */
export function findMount<M extends Mount>(mounts: readonly M[], target: RequestTarget): M | undefined {
  return mounts.find(({ plan }) =>
    plan.segments.every((segment, index) => segment === target.segments[index]),
  );
}

/** Prepares the answer to a request below a mount: the first file that may answer and can be read. */
export async function answerFromMount(exchange: Exchange, mount: Mount): Promise<void> {
  const { response, request } = exchange;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.answer(405, 'method not allowed', { Allow: 'GET, HEAD' });
    return;
  }
  const below = request.target.segments.slice(mount.plan.segments.length);
  const place = await look(mount.root, below);
  if (place?.kind === 'directory' && lacksSlash(mount, below)) {
    response.answer(301, 'moved permanently', { Location: slashForm(request.raw.url ?? '/') });
    return;
  }
  for await (const file of candidates(mount, below, place)) if (await answerFile(exchange, file)) return;
  if (!mount.plan.isSpa || climbs(below)) {
    response.answer(404, 'not found');
    return;
  }
  exchange.log.error('spa index missing', {
    mount: mount.plan.entry.id,
    file: join(mount.root, mount.plan.index),
  });
  response.answer(500, 'internal server error');
}

/** Something below a root, as it is on disk. */
interface Place {
  readonly kind: 'file' | 'directory';
  readonly path: string;
}

/** Files that may answer, best first (F3, F4). */
async function* candidates(
  { plan, root }: Mount,
  below: readonly string[],
  place: Place | undefined,
): AsyncGenerator<FileAnswer> {
  const { cache, index, isSpa } = plan;
  // F6 wins over F4: a name that tries to climb is refused even where every name gets the index.
  if (isSpa && climbs(below)) return;
  const typeOf = (path: string): string | undefined => plan.mediaTypes.get(extname(path).toLowerCase());
  // `/page.html/` names a directory that does not exist.
  if (place?.kind === 'file' && (isSpa || below.at(-1) !== ''))
    yield { path: place.path, cache, contentType: typeOf(place.path) };
  const folder = isSpa ? root : place?.kind === 'directory' ? place.path : undefined;
  if (folder === undefined || index === '') return;
  const found = await look(root, [...segmentsBelow(root, folder), ...index.split('/')]);
  if (found?.kind !== 'file') return;
  yield { path: found.path, cache, contentType: isSpa ? 'text/html; charset=utf-8' : typeOf(found.path) };
}

async function look(root: string, segments: readonly string[]): Promise<Place | undefined> {
  const path = await findBelow(root, segments);
  const info = path === undefined ? undefined : await stat(path).catch(() => undefined);
  if (path === undefined || info === undefined) return undefined;
  if (info.isFile()) return { kind: 'file', path };
  return info.isDirectory() ? { kind: 'directory', path } : undefined;
}

/** F3: files of a directory are named relative to its URL, which therefore ends in a slash. */
function lacksSlash({ plan }: Mount, below: readonly string[]): boolean {
  if (plan.isSpa) return false;
  return below.length === 0 ? plan.segments.length > 0 : below.at(-1) !== '';
}

function climbs(below: readonly string[]): boolean {
  return below.some((segment) => segment === '..' || /[\0/\\]/.test(segment));
}

/** The same URL with a slash behind its path. Leading slashes collapse: `//host/` would leave the site. */
function slashForm(url: string): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return `${path.replace(/^\/{2,}/, '/')}/${mark < 0 ? '' : url.slice(mark)}`;
}

function segmentsBelow(root: string, path: string): string[] {
  return Buffer.from(path.slice(root.length), 'utf8').toString('latin1').split('/');
}
