/** Identifiers: PIDs (`process.md` § 1) and entry IDs (`app-format.md` § 1.9-1.10). */

/** Address of a process, `{host|0x0000c}` or `{node@host|0x0000c}`. */
export type Pid = string & { readonly __pid: never };

/** ID of a registry entry, `namespace:name`. */
export type EntryId = string & { readonly __entryId: never };

/** The parts of a PID text. */
export interface PidParts {
  readonly node: string | undefined;
  readonly host: string;
  readonly unique: string;
}

/**
 * Splits a PID text; `undefined` when the text is not a PID (it is then a name, `process.md` § 1.6).
 * The legacy form `{host|x|unique}` is accepted, its middle part ignored.
 */
export function tryParsePid(text: string): PidParts | undefined {
  if (text.length < 5 || text.charCodeAt(0) !== 123 || text.charCodeAt(text.length - 1) !== 125)
    return undefined;
  const parts = text.slice(1, -1).split('|');
  if (parts.length < 2 || parts.length > 3) return undefined;
  const place = parts[0]!;
  const unique = parts[parts.length - 1]!;
  const at = place.indexOf('@');
  const node = at < 0 ? undefined : place.slice(0, at);
  const host = at < 0 ? place : place.slice(at + 1);
  if (host === '' || unique === '' || node === '') return undefined;
  return { node, host, unique };
}

/** Puts the parts of a PID together in the one spelling every PID is handed out in. */
export function formatPid({ node, host, unique }: PidParts): Pid {
  return (node === undefined ? `{${host}|${unique}}` : `{${node}@${host}|${unique}}`) as Pid;
}

/** Which node a PID belongs to (`cluster.md` I1, I2). */
export interface NodeIdentity {
  readonly name: string;
  /** Grows at every start of the node: a PID of an earlier life reaches nobody in a later one. Default: none. */
  readonly incarnation?: number | undefined;
}

/**
 * Writes the PID of the `counter`-th process (1, 2, ...) on a host.
 * @param node default: a node without a name, whose PIDs carry none.
 */
export function toPid(host: string, counter: number, node?: NodeIdentity): Pid {
  const unique = `0x${counter.toString(16).padStart(5, '0')}`;
  if (node === undefined) return `{${host}|${unique}}` as Pid;
  const life = node.incarnation === undefined ? '' : `.${node.incarnation.toString(16)}`;
  return `{${node.name}@${host}|${unique}${life}}` as Pid;
}

/** Splits `namespace:name` at the first colon; `undefined` when a part is missing. */
export function tryParseEntryId(text: string): { namespace: string; name: string } | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0 || colon === text.length - 1) return undefined;
  return { namespace: text.slice(0, colon), name: text.slice(colon + 1) };
}

/** Joins a namespace and a name. */
export function toEntryId(namespace: string, name: string): EntryId {
  return `${namespace}:${name}` as EntryId;
}

/** Completes a reference: text without `:` is relative to `namespace` (`app-format.md` § 4.1). */
export function resolveReference(reference: string, namespace: string): EntryId {
  return (reference.includes(':') ? reference : `${namespace}:${reference}`) as EntryId;
}
