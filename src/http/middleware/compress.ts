/**
 * `compress`: gzip for buffered responses (`http.md` 3.3). Streaming responses pass untouched (M5): a piece
 * that was flushed must reach the client now, not when a compressor has enough of it.
 */
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { acceptsGzip } from '../exchange/accept.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { MiddlewareFactory } from './middleware.ts';

const gzipAsync = promisify(gzip);

const LEVELS: Readonly<Record<string, number>> = {
  fastest: constants.Z_BEST_SPEED,
  default: constants.Z_DEFAULT_COMPRESSION,
  best: constants.Z_BEST_COMPRESSION,
};

// Types whose content is compressed already; text formats among images and fonts are not.
const COMPRESSED_TYPE =
  /^(image\/(?!svg\+xml|bmp)|video\/|audio\/|font\/woff|application\/(zip|gzip|x-gzip|zstd|x-7z-compressed|x-rar-compressed|vnd\.rar|x-bzip2?|x-xz|pdf|wasm|octet-stream)|text\/event-stream)/i;

/** Factory of `compress`. */
export const compress: MiddlewareFactory = {
  name: 'compress',
  create({ options }) {
    const levelKeys = ['compress.level', 'level'];
    const levelName = options.text('default', ...levelKeys);
    const level = Object.hasOwn(LEVELS, levelName) ? LEVELS[levelName] : undefined;
    if (level === undefined) throw options.invalid(levelKeys, levelName, Object.keys(LEVELS).join(', '));
    const bytesMin = options.integer(1024, 0, 'compress.min.length', 'min_length');
    return {
      async after(exchange) {
        const { request, response } = exchange;
        if (!isCompressible(exchange) || response.byteCount < bytesMin || response.byteCount === 0)
          return undefined;
        response.addVary('Accept-Encoding');
        if (!acceptsGzip(request.header('Accept-Encoding'))) return undefined;
        // The type is judged by the plain bytes, not by the compressed ones.
        response.settleContentType();
        const compressed = await gzipAsync(response.body, { level });
        if (exchange.isGone) return undefined;
        response.setEncodedBody(compressed, 'gzip');
        return undefined;
      },
    };
  },
};

function isCompressible({ request, response, upgrade }: Exchange): boolean {
  if (upgrade !== undefined || request.method === 'HEAD') return false;
  if (response.isStreaming || response.mode !== 'fixed' || response.hasBodyStream) return false;
  if ([204, 206, 304].includes(response.status)) return false;
  if (response.header('Content-Encoding') !== undefined) return false;
  if (/\bno-transform\b/i.test(response.header('Cache-Control') ?? '')) return false;
  return !COMPRESSED_TYPE.test(response.header('Content-Type') ?? '');
}
