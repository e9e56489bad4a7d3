/** `sendfile`: the handler names a file, the server sends it (`http.md` 3.7). */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { resolveReference } from '../../base/index.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answerFile } from '../files/file-answer.ts';
import { findBelow, locateRoot } from '../files/file-root.ts';
import type { MiddlewareFactory } from './middleware.ts';

/** Factory of `sendfile`. */
export const sendfile: MiddlewareFactory = {
  name: 'sendfile',
  create({ options, router, entries, cwd, log }) {
    const written = options.raw('sendfile.fs', 'fs') ?? '';
    const id = written === '' ? '' : resolveReference(written, router.namespace);

    const rootOf = (): string | undefined => {
      const entry = entries.get(id);
      if (entry?.kind === 'fs.directory') return locateRoot(entry, cwd);
      log.error('sendfile without filesystem', { router: router.id, fs: id });
      return undefined;
    };

    return {
      async after(exchange) {
        const { response } = exchange;
        const direct = response.takePrivateHeader('x-sendfile');
        const older = response.takePrivateHeader('x-file-path');
        const downloadName = response.takePrivateHeader('x-file-name')?.toString('utf8');
        const file = (direct ?? older)?.toString('latin1');
        if (file === undefined || response.isStreaming || exchange.failure !== undefined) return undefined;
        await answerNamed(exchange, { root: rootOf(), file, downloadName });
        return undefined;
      },
    };
  },
};

interface NamedFile {
  readonly root: string | undefined;
  /** Path below the root, a binary string. */
  readonly file: string;
  readonly downloadName: string | undefined;
}

async function answerNamed(exchange: Exchange, { root, file, downloadName }: NamedFile): Promise<void> {
  const { response } = exchange;
  const segments = file.split('/').filter((segment) => segment !== '');
  if (root === undefined) response.answer(500, 'internal server error');
  else if (segments.length === 0 || segments.every((segment) => segment === '.') || segments.includes('..')) {
    response.answer(400, 'invalid file path');
  } else {
    const path = await findBelow(root, segments);
    const isFile = path !== undefined && (await stat(path).catch(() => undefined))?.isFile() === true;
    // A type the handler chose is its own; the extension only decides when it did not.
    const contentType = response.header('Content-Type');
    response.reopen();
    if (!isFile || !(await answerFile(exchange, { path, contentType }))) {
      response.answer(404, 'not found');
    } else if (downloadName !== undefined && downloadName !== '') {
      response.setHeader('Content-Disposition', attachment(downloadName));
    }
  }
}

/** RFC 6266: an ASCII name for everyone, the real one in RFC 5987 form where it differs. */
export function attachment(name: string): string {
  const bare = basename(name);
  const ascii = bare.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '\\$&');
  const isAscii = /^[\x20-\x7e]*$/.test(bare);
  if (isAscii) return `attachment; filename="${ascii}"`;
  const encoded = encodeURIComponent(bare).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
