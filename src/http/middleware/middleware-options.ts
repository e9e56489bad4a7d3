/** Options of middleware, as texts that are read with a default (`http.md` M4). */
import { HubError, parseDurationMs } from '../../base/index.ts';

/**
 * Options of one middleware list (`http.md` M4): dotted key first, then the legacy key; a present but
 * empty value means the default. Malformed values throw MH_HTTP_OPTION_INVALID naming key and value.
 */
export class MiddlewareOptions {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** All keys, as written. */
  keys(): Iterable<string> {
    return this.#values.keys();
  }

  /** The first of the keys that is present, even when its value is empty; `undefined` when none is. */
  raw(...keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const value = this.#values.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Text; empty and absent mean the fallback. */
  text(fallback: string, ...keys: readonly string[]): string {
    return this.raw(...keys) || fallback;
  }

  /** Comma-separated words, trimmed, empty ones dropped. */
  list(fallback: string, ...keys: readonly string[]): readonly string[] {
    return this.text(fallback, ...keys)
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }

  /** `true` only for the exact text `true`; other text than `true`/`false` throws. */
  flag(fallback: boolean, ...keys: readonly string[]): boolean {
    const text = this.raw(...keys) || String(fallback);
    if (text !== 'true' && text !== 'false') throw this.invalid(keys, text, 'true or false');
    return text === 'true';
  }

  /** A whole number of at least `minimum`. */
  integer(fallback: number, minimum: number, ...keys: readonly string[]): number {
    const text = this.raw(...keys) || String(fallback);
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum) {
      throw this.invalid(keys, text, `a whole number of at least ${minimum}`);
    }
    return value;
  }

  /** A duration in milliseconds; `fallback` is duration text. */
  durationMs(fallback: string, ...keys: readonly string[]): number {
    const text = this.raw(...keys) || fallback;
    try {
      return parseDurationMs(text);
    } catch {
      throw this.invalid(keys, text, 'a duration such as "30s"');
    }
  }

  /** What is wrong with a value: MH_HTTP_OPTION_INVALID naming the key it was written under. */
  invalid(keys: readonly string[], text: string, expected: string): HubError {
    const key = keys.find((name) => this.#values.has(name)) ?? keys[0];
    return new HubError('MH_HTTP_OPTION_INVALID', {
      message: `Cannot use option '${key}': expected ${expected}, got '${text}'`,
      details: { key, value: text },
    });
  }
}
