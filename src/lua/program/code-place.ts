/** Where in whose file a run-time error happened, for people who read logs (`vm.md` § 4.1). */
import { type Entry, formatExcerpt, type Position } from '../../registry/index.ts';

/** `<entry id>:<line>: reason`, as the machine writes it in front of messages. */
const PLACE = /^([\w.-]+:[\w.-]+):(\d+): (.*)$/s;
/** The name a message is about: `attempt to index a nil value (local 'client')`. */
const NAME = /\((?:local|global|field|method|upvalue|constant) '([^']+)'\)/;

/**
 * `lua/hub.lua:94:24`, the source line and a caret.
 * @param message of a failure; without a place in front there is nothing to show.
 * @param entryOf the code as it ran: the unit's own entry, others as they are now.
 */
export function codeExcerpt(message: string, entryOf: (id: string) => Entry | undefined): string | undefined {
  const place = placeInCode(message, entryOf);
  if (place === undefined) return undefined;
  const { entry, line, column } = place;
  const file = entry.origin?.files.get('source');
  // Inline sources have lines of their own; the entry stands for the file.
  const shown = file === undefined ? entry.id : entry.origin!.show(file);
  const position: Position = { file: shown, line, column };
  const excerpt = formatExcerpt(position, { source: () => entry.data.source as string });
  return excerpt === undefined ? undefined : `${shown}:${line}:${column}\n${excerpt}`;
}

/** What a message says about its place. */
export interface CodePlace {
  readonly entry: Entry;
  /** In its source, 1-based. */
  readonly line: number;
  readonly column: number;
  /** The message without the place. */
  readonly reason: string;
}

/** The place in front of a message; `undefined` when there is none, or not in code that is known. */
export function placeInCode(
  message: string,
  entryOf: (id: string) => Entry | undefined,
): CodePlace | undefined {
  const [, id, digits, reason] = PLACE.exec(message) ?? [];
  const entry = id === undefined ? undefined : entryOf(id);
  if (entry === undefined || typeof entry.data.source !== 'string') return undefined;
  const line = Number(digits);
  const text = entry.data.source.split('\n', line)[line - 1];
  if (text === undefined) return undefined;
  return { entry, line, column: columnOf(text, reason!), reason: reason! };
}

/** The named thing's first whole-word place on the line, else the first character that is no space. */
function columnOf(text: string, reason: string): number {
  const name = NAME.exec(reason)?.[1];
  const at = name === undefined ? -1 : text.search(new RegExp(`\\b${escapeForPattern(name)}\\b`));
  return (at >= 0 ? at : text.length - text.trimStart().length) + 1;
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
