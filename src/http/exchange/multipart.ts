/**
 * Forms with files (`http.md` 5.3). `@fastify/busboy` cuts the body into parts; every part is taken as raw
 * bytes, since a Lua string is bytes. Files that do not fit into `memoryMax` go to a directory of their own
 * that is removed when the request ends. The only file that imports that package.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { ByteCollector, type ErrorCode, HubError, MULTIPART_PARTS_MAX } from '../../base/index.ts';
import { ByteStream, fileSource, memorySource } from './byte-stream.ts';

/** An uploaded file. */
export interface FormFile {
  /** Client's name for it, without directories. */
  readonly name: string;
  readonly size: number;
  /** Headers of its part by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** A new stream over its content. Rejects after the request ended. */
  open(): Promise<ByteStream>;
}

/** A decoded form. Field names are text, values bytes. */
export interface Form {
  readonly values: ReadonlyMap<string, readonly Buffer[]>;
  readonly files: ReadonlyMap<string, readonly FormFile[]>;
}

/** What parts of one form may keep in memory. */
export interface FormMemory {
  /** Bytes of files. */
  readonly bytesMax: number;
  /** The byte budget of the hub is nearly used up: files go to the disk from now on. */
  readonly isScarce: boolean;
  /** So many bytes more, or less, are kept. */
  changed(bytes: number): void;
}

/** Where files that do not fit into memory go; made when the first one comes. */
class SpillDirectory {
  #path: Promise<string> | undefined;
  #count = 0;

  async nextFile(): Promise<string> {
    this.#path ??= mkdtemp(join(tmpdir(), 'moonhub-upload-'));
    return join(await this.#path, String(this.#count++));
  }

  /** Removes it with everything in it. */
  async remove(): Promise<void> {
    const path = await this.#path?.catch(() => undefined);
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  }
}

/**
 * Decodes a form.
 * @param body its pieces; they bound it.
 * @param memory what may be kept in memory, and is told what is.
 * @param onCleanUp is given the release of temporary files before any exists.
 * Rejects with MH_HTTP_MULTIPART_INVALID, MH_HTTP_MULTIPART_FAILED, or what the body says about its length.
 */
export async function parseForm(
  body: Iterable<Buffer> | AsyncIterable<Buffer>,
  headers: IncomingHttpHeaders,
  memory: FormMemory,
  onCleanUp: (release: () => void) => void,
): Promise<Form> {
  const contentType = headers['content-type'];
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType ?? '')) {
    throw new HubError('MH_HTTP_MULTIPART_INVALID', { message: 'content type is not multipart/form-data' });
  }
  const spill = new SpillDirectory();
  onCleanUp(() => void spill.remove().catch(() => {})); // A directory that stays behind is the system's to clear.
  const values = new Map<string, Buffer[]>();
  const files = new Map<string, FormFile[]>();
  let memoryLeft = memory.bytesMax;
  const pending: Promise<void>[] = [];

  const takePart = async (part: BusboyFileStream, fieldName: string, file: PartName): Promise<void> => {
    if (file.name === undefined || file.name === '') {
      const { bytes } = await collect(part, undefined, memory, spill);
      append(values, fieldName, bytes);
      return;
    }
    const stored = await collect(part, memoryLeft, memory, spill);
    memoryLeft -= stored.bytes.length;
    append(files, fieldName, toFormFile(file, fieldName, stored));
  };

  const source = Readable.from(body, { objectMode: false });
  await new Promise<void>((resolve, reject) => {
    const parser = createParser(contentType!);
    const open = new Set<BusboyFileStream>();
    const fail = (error: unknown): void => {
      source.destroy();
      // A part that will not end would keep its reader, and the file it writes, for ever.
      for (const part of open) part.destroy();
      reject(toFormError(error));
    };
    parser.on('file', (fieldName, part, name, transferEncoding, type) => {
      open.add(part);
      const work = takePart(part, fieldName ?? '', { name, transferEncoding, type }).finally(() =>
        open.delete(part),
      );
      pending.push(work);
      work.catch(fail);
    });
    parser.on('partsLimit', () => fail(failed(`more than ${MULTIPART_PARTS_MAX} parts`)));
    parser.on('error', fail);
    parser.on('finish', () => resolve());
    source.on('error', fail);
    source.pipe(parser);
  });
  await Promise.all(pending);
  return { values, files };
}

interface PartName {
  readonly name: string | undefined;
  readonly transferEncoding: string;
  readonly type: string;
}

interface StoredPart {
  /** Content, when it fit into memory. */
  readonly bytes: Buffer;
  /** File that holds the content otherwise. */
  readonly path: string | undefined;
  readonly size: number;
}

/** @throws MH_HTTP_MULTIPART_FAILED when the type names no boundary */
function createParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: () => true,
      limits: { parts: MULTIPART_PARTS_MAX },
    });
  } catch (error) {
    throw toFormError(error);
  }
}

/** Reads a part: into memory up to `memoryMax`, all of it into a file beyond; `undefined` = it is no file. */
async function collect(
  part: BusboyFileStream,
  memoryMax: number | undefined,
  memory: FormMemory,
  spill: SpillDirectory,
): Promise<StoredPart> {
  const collector = new ByteCollector(Number.POSITIVE_INFINITY);
  let size = 0;
  let path: string | undefined;
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    for await (const chunk of part as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (file === undefined && memoryMax !== undefined && (size > memoryMax || memory.isScarce)) {
        path = await spill.nextFile();
        file = await open(path, 'wx', 0o600);
        memory.changed(-collector.heldBytes);
        await file.write(collector.take());
      }
      if (file === undefined) {
        const held = collector.heldBytes;
        collector.append(chunk);
        memory.changed(collector.heldBytes - held);
      } else await file.write(chunk);
    }
  } finally {
    await file?.close();
  }
  return { bytes: collector.take(), path, size };
}

function toFormFile(part: PartName, fieldName: string, { bytes, path, size }: StoredPart): FormFile {
  const name = part.name ?? '';
  const headers = new Map([
    ['content-disposition', `form-data; name="${fieldName}"; filename="${name}"`],
    ['content-type', part.type],
    ['content-transfer-encoding', part.transferEncoding],
  ]);
  return {
    name,
    size,
    headers,
    async open() {
      if (path === undefined) return new ByteStream(memorySource(bytes));
      const file = await open(path, 'r').catch(() => {
        throw new HubError('MH_HTTP_STREAM_FAILED', {
          message: `Cannot open file "${name}": the request has ended`,
        });
      });
      return new ByteStream(fileSource(file, size));
    },
  };
}

function append<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}

/** A body above its bound is said as such, everything else as a form that could not be read. */
function toFormError(error: unknown): HubError {
  if (error instanceof HubError && FORM_CODES.includes(error.code)) return error;
  return failed(error instanceof Error ? error.message : String(error), error);
}

const FORM_CODES: readonly ErrorCode[] = ['MH_HTTP_MULTIPART_FAILED', 'MH_HTTP_BODY_TOO_LARGE'];

function failed(fact: string, cause?: unknown): HubError {
  return new HubError('MH_HTTP_MULTIPART_FAILED', {
    message: `failed to parse multipart form: ${fact}`,
    cause,
  });
}
