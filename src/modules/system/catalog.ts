/** What `system.modules()` says of the modules moonhub brings. */

/** One module. */
export interface ModuleFacts {
  readonly description: string;
  /** What its answers depend on or what it reaches: words of the reference runtime. */
  readonly class: readonly string[];
}

/** Of a module somebody else brings nothing is known but its name. */
export const UNKNOWN_FACTS: ModuleFacts = { description: '', class: [] };

/** By name. */
export const MODULE_FACTS: ReadonlyMap<string, ModuleFacts> = new Map(
  Object.entries({
    base64: facts('Base64 encoding and decoding', 'deterministic', 'encoding'),
    crypto: facts('Encryption, signatures, random values and JWT', 'nondeterministic', 'security'),
    ctx: facts('Context values of the running program', 'deterministic'),
    env: facts('Environment variables', 'nondeterministic', 'storage'),
    events: facts('The event bus', 'nondeterministic'),
    funcs: facts('Calls of functions', 'nondeterministic', 'workflow'),
    hash: facts('Checksums and message authentication', 'deterministic', 'encoding'),
    http: facts('Requests and responses of HTTP handlers', 'nondeterministic', 'network'),
    io: facts('The terminal of a command', 'nondeterministic', 'io'),
    json: facts('JSON encoding, decoding and schemas', 'deterministic', 'encoding'),
    logger: facts('Structured log lines', 'nondeterministic', 'io'),
    pg: facts('Process groups', 'nondeterministic', 'process'),
    registry: facts('Entries of the application and their versions', 'nondeterministic', 'storage'),
    security: facts('Actors, scopes, policies and tokens', 'nondeterministic', 'security'),
    store: facts('Key-value stores', 'nondeterministic', 'storage'),
    system: facts('The hub seen from within', 'nondeterministic', 'process'),
    time: facts('Moments, durations, timers and tickers', 'nondeterministic', 'time'),
    uuid: facts('UUIDs', 'nondeterministic'),
    yaml: facts('YAML encoding and decoding', 'deterministic', 'encoding'),
  }),
);

function facts(description: string, ...classes: string[]): ModuleFacts {
  return { description, class: classes };
}
