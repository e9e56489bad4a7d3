/** Serves a directory of files under a path (`http.md` § 1.4). */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exchange } from '../exchange/exchange.ts';
import type { RequestTarget } from '../exchange/request-view.ts';
import type { MountPlan } from '../routes/topology.ts';
import { findInside, locateDirectory } from './directory.ts';
import { answerFile } from './file-answer.ts';

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
  return { plan, root: locateDirectory(plan.directory, cwd) };
}

/** The longest mount that covers a path, on segment boundaries (F1). `mounts` are sorted longest first. */
export function findMount<M extends Mount>(mounts: readonly M[], target: RequestTarget): M | undefined {
  return mounts.find(({ plan }) =>
    plan.segments.every((segment, index) => segment === target.segments[index]),
  );
}

/** Prepares the answer to a request below a mount. */
export async function answerFromMount(exchange: Exchange, mount: Mount): Promise<void> {
  const { response, request } = exchange;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.answer(405, 'method not allowed', { Allow: 'GET, HEAD' });
    return;
  }
  const below = request.target.segments.slice(mount.plan.segments.length);
  const path = await findInside(mount.root, below);
  const kind = path === undefined ? 'none' : await kindOf(path);
  if (mount.plan.isSpa) {
    // F6 wins over F4: a name that tries to climb is refused even where every name gets the index.
    if (below.some((segment) => segment === '..' || /[\0/\\]/.test(segment))) notFound(exchange);
    else if (kind !== 'file' || !(await answerFile(exchange, path!, { cache: mount.plan.cache }))) {
      await serveSpaIndex(exchange, mount);
    }
    return;
  }
  if (kind === 'directory') await serveDirectory(exchange, mount, path!);
  // `/page.html/` names a directory that does not exist.
  else if (kind !== 'file' || below.at(-1) === '') notFound(exchange);
  else if (!(await answerFile(exchange, path!, { cache: mount.plan.cache }))) notFound(exchange);
}

async function serveDirectory(exchange: Exchange, mount: Mount, path: string): Promise<void> {
  const { request, response } = exchange;
  const isMountRoot = request.target.segments.length === mount.plan.segments.length;
  if (isMountRoot ? mount.plan.segments.length > 0 : request.target.segments.at(-1) !== '') {
    response.answer(301, 'moved permanently', { Location: slashForm(request.raw.url ?? '/') });
    return;
  }
  const index =
    mount.plan.index === ''
      ? undefined
      : await findInside(mount.root, [...relative(mount.root, path), ...mount.plan.index.split('/')]);
  if (index === undefined || (await kindOf(index)) !== 'file') notFound(exchange);
  else if (!(await answerFile(exchange, index, { cache: mount.plan.cache }))) notFound(exchange);
}

async function serveSpaIndex(exchange: Exchange, mount: Mount): Promise<void> {
  const { plan, root } = mount;
  const index = await findInside(root, plan.index.split('/'));
  const options = { cache: plan.cache, contentType: 'text/html; charset=utf-8' };
  if (index !== undefined && (await kindOf(index)) === 'file' && (await answerFile(exchange, index, options)))
    return;
  exchange.log.error('spa index missing', { mount: plan.entry.id, file: join(root, plan.index) });
  exchange.response.answer(500, 'internal server error');
}

async function kindOf(path: string): Promise<'file' | 'directory' | 'none'> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return 'file';
  return info?.isDirectory() ? 'directory' : 'none';
}

/** The same URL with a slash behind its path. Leading slashes collapse: `//host/` would leave the site. */
function slashForm(url: string): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return `${path.replace(/^\/{2,}/, '/')}/${mark < 0 ? '' : url.slice(mark)}`;
}

function relative(root: string, path: string): string[] {
  return Buffer.from(path.slice(root.length), 'utf8').toString('latin1').split('/');
}

function notFound(exchange: Exchange): void {
  exchange.response.answer(404, 'not found');
}
