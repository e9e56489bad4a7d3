/**
 * Headers of a response while a handler works on it. Two kinds live apart from the handler's own:
 *   outer   set by middleware around the handler (CORS, Vary); they go with every response, errors included;
 *   private `X-WS-Relay`, `X-Sendfile` and their like: raw bytes for a middleware, never sent (`relay.md` H4-H5).
 */
import { HubError, RELAY_HEADER_BYTES_MAX } from '../../base/index.ts';
import { isPrivateHeader, type PrivateHeader } from './private-header.ts';

/** A header; several values are several lines. */
export interface HeaderLine {
  readonly name: string;
  readonly values: readonly string[];
}

/** A token of RFC 9110 5.6.2, as names of headers are. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// RFC 9110 5.5; CR, LF and NUL would split the message, the other controls are refused by Node.
const UNSAFE_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether a text can name a header. */
export function isHeaderName(text: string): boolean {
  return TOKEN.test(text);
}

/** Header names and values are binary strings; names count in any case. */
export class ResponseHeaders {
  readonly #own = new Map<string, HeaderLine>();
  readonly #outer = new Map<string, HeaderLine>();
  readonly #private = new Map<PrivateHeader, Buffer>();

  /** Whether the handler has set none, private ones included. */
  get isEmpty(): boolean {
    return this.#own.size === 0 && this.#private.size === 0;
  }

  /**
   * Replaces a header. Private ones are kept aside.
   * @throws MH_HTTP_HEADER_INVALID; nothing is set then.
   */
  set(name: string, values: readonly string[]): void {
    if (!isHeaderName(name)) throw invalidHeader(name, 'the name is no token');
    if (values.some((value) => UNSAFE_VALUE.test(value))) {
      throw invalidHeader(name, 'the value contains a control character');
    }
    const lower = name.toLowerCase();
    if (isPrivateHeader(lower)) {
      const bytes = Buffer.from(values[values.length - 1] ?? '', 'latin1');
      if (bytes.length > RELAY_HEADER_BYTES_MAX) {
        throw invalidHeader(name, `the value is longer than ${RELAY_HEADER_BYTES_MAX} bytes`);
      }
      this.#private.set(lower, bytes);
      return;
    }
    this.#own.set(lower, { name, values });
  }

  /** As `set`, for names and values of ours, which need no check. */
  put(name: string, value: string): void {
    this.#own.set(name.toLowerCase(), { name, values: [value] });
  }

  /** Drops a header of the handler. */
  remove(name: string): void {
    this.#own.delete(name.toLowerCase());
  }

  /** Value of a header of the handler; several lines joined with `, `. Private ones included. */
  get(name: string): string | undefined {
    const lower = name.toLowerCase();
    if (isPrivateHeader(lower)) return this.#private.get(lower)?.toString('latin1');
    return this.#own.get(lower)?.values.join(', ');
  }

  /** A header that goes with every response of this exchange. Replaces the handler's. */
  setOuter(name: string, value: string): void {
    this.#outer.set(name.toLowerCase(), { name, values: [value] });
  }

  /** Adds words to the outer `Vary` (RFC 9110 12.5.5), each once. */
  addVary(words: readonly string[]): void {
    this.setOuter('Vary', mergeWords(...(this.#outer.get('vary')?.values ?? []), ...words));
  }

  /** A private header; `undefined` when the handler did not set it. */
  getPrivate(name: PrivateHeader): Buffer | undefined {
    return this.#private.get(name);
  }

  /** As `getPrivate`, and forgets it: the caller deals with it. */
  takePrivate(name: PrivateHeader): Buffer | undefined {
    const value = this.#private.get(name);
    this.#private.delete(name);
    return value;
  }

  /** Forgets what the handler set; outer headers stay. */
  clear(): void {
    this.#own.clear();
    this.#private.clear();
  }

  /** What would be sent, by lower-case name: the handler's headers under the outer ones. A copy. */
  merged(): Map<string, HeaderLine> {
    const merged = new Map(this.#own);
    for (const [lower, line] of this.#outer) {
      const own = merged.get(lower);
      if (lower === 'vary' && own !== undefined) {
        merged.set(lower, { name: 'Vary', values: [mergeWords(...own.values, ...line.values)] });
      } else merged.set(lower, line);
    }
    return merged;
  }
}

/** The words of comma lists, each once in any case. `*` says more than all of them (RFC 9110 12.5.5). */
function mergeWords(...lists: readonly string[]): string {
  const words = new Map<string, string>();
  for (const word of lists.join(',').split(',')) {
    const text = word.trim();
    if (text !== '' && !words.has(text.toLowerCase())) words.set(text.toLowerCase(), text);
  }
  return words.has('*') ? '*' : [...words.values()].join(', ');
}

function invalidHeader(name: string, fact: string): HubError {
  return new HubError('MH_HTTP_HEADER_INVALID', {
    message: `Cannot set header: ${fact}, got '${name.slice(0, 100)}'`,
  });
}
