/** Media types by file extension, as `http.static` may name them (`options.mime_types`). */
import { describeValue, isMapping, type Value } from '../../registry/index.ts';

/** A map of types, and what could not be used of it. */
export interface MediaTypes {
  /** By extension in lower case, with its dot. */
  readonly byExtension: ReadonlyMap<string, string>;
  /** Keys as written, with what is wrong. */
  readonly faults: readonly { readonly key: string; readonly reason: string }[];
}

const EXTENSION = /^\.?[A-Za-z0-9][\w+.-]*$/;
/** RFC 9110 8.3.1: type, subtype, parameters; what is in quotes is left to its reader, but cannot end the header. */
const MEDIA_TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:[ \t]*;[ \t]*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[ !#-[\]-~]*"))*$/;

/**
 * Reads `{ .css: text/css, wasm: application/wasm }`. A dot in front of the extension may be left out; text without a
 * charset is UTF-8 (`http.md` F5).
 */
export function readMediaTypes(value: Value | undefined): MediaTypes {
  const byExtension = new Map<string, string>();
  const faults: { key: string; reason: string }[] = [];
  for (const [key, type] of isMapping(value) ? Object.entries(value) : []) {
    if (!EXTENSION.test(key))
      faults.push({ key, reason: `expected a file extension such as ".css", got "${key}"` });
    else if (typeof type !== 'string' || !MEDIA_TYPE.test(type))
      faults.push({ key, reason: `expected a media type such as "text/css", got ${describeValue(type)}` });
    else byExtension.set(`.${key.replace(/^\./, '').toLowerCase()}`, withCharset(type));
  }
  return { byExtension, faults };
}

function withCharset(type: string): string {
  return /^text\//i.test(type) && !/;\s*charset=/i.test(type) ? `${type}; charset=utf-8` : type;
}
