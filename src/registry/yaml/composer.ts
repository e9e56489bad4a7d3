/**
 * The second step of reading YAML: tokens -> nodes, in pieces.
 *
 * The package composes a document in one go. To be able to stop in between, a large collection is emptied before what
 * lies around it is composed, and its items are composed later, group by group, as collections of their own. An
 * anchor means nothing to the composer, so pieces do not depend on each other; `tree.ts` puts them together.
 */
import { Composer, type CST, type Document, type Node, type Pair, Schema } from 'yaml';
import type { Faults } from './faults.ts';

type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;
type Item = CST.CollectionItem;

/** Characters composed in one go: about two milliseconds of the densest text. A longer scalar is one piece. */
const PIECE_LENGTH = 1024;

/** A collection whose items were taken out, and where the text of it ends. */
interface Emptied {
  readonly token: Collection;
  readonly items: readonly Item[];
  readonly end: number;
}

/** YAML 1.2 core types whatever the text asks for; timestamps stay text. */
const SCHEMA = new Schema({ schema: 'core', customTags: ['binary'], resolveKnownTags: false });

/** Thrown to leave the package when no further error is wanted. */
const STOP = new Error('enough errors');

/** What the package keeps to itself: errors as they are found, and the meaning of `!e!` tags. */
interface ComposerInside {
  onError: (source: ErrorPlace, code: string, message: string, isWarning?: boolean) => void;
  directives: Document['directives'];
}
type ErrorPlace = number | readonly number[] | { readonly offset: number };

/** Composes one document. */
export class PieceComposer {
  readonly #composer: Composer;
  readonly #inside: ComposerInside;
  readonly #faults: Faults;
  readonly #emptied = new Map<CST.Token, Emptied>();
  #directives: Document['directives'];

  constructor(faults: Faults) {
    this.#faults = faults;
    this.#composer = new Composer({
      schema: SCHEMA,
      prettyErrors: false,
      uniqueKeys: false,
      intAsBigInt: true,
      keepSourceTokens: true,
    });
    this.#inside = this.#composer as unknown as ComposerInside;
    this.#inside.onError = (source, code, message, isWarning = false) => {
      // A collection that was left by STOP reports that again on its way out.
      if (code !== 'RESOURCE_EXHAUSTION' || !faults.isFull)
        faults.add(isWarning ? 'warning' : 'error', offsetOf(source), toReason(message));
      if (faults.isFull) throw STOP;
    };
  }

  /** @returns the contents of the document, large collections in it emptied; null when it is empty or full of errors. */
  document(tokens: readonly CST.Token[], textLength: number): Node | null {
    for (const token of tokens) {
      if (token.type === 'document') this.#emptyIfLarge(token.value, textLength);
    }
    const document = this.#compose(tokens);
    this.#directives = document?.directives;
    return (document?.contents as Node | null | undefined) ?? null;
  }

  /** Whether the items of a node are still to come. */
  isEmptied(node: Node): boolean {
    return node.srcToken !== undefined && this.#emptied.has(node.srcToken);
  }

  /** The items of an emptied collection, a group at a time: pairs of a mapping, nodes of a list. */
  *groupsOf(node: Node): Generator<readonly (Pair | Node)[]> {
    const emptied = this.#emptied.get(node.srcToken!)!;
    this.#emptied.delete(node.srcToken!);
    const { token, items, end } = emptied;
    for (let from = 0; from < items.length; ) {
      const to = endOfGroup(items, from);
      for (let i = from; i < to; i++) {
        const { key, value } = items[i]!;
        const itemEnd = i + 1 < items.length ? beginOf(items[i + 1]!, end) : end;
        this.#emptyIfLarge(key, value?.offset ?? itemEnd);
        this.#emptyIfLarge(value, itemEnd);
      }
      yield this.#group(token, items.slice(from, to), from === 0);
      if (this.#faults.isFull) return;
      from = to;
    }
  }

  #group(token: Collection, items: Item[], isFirst: boolean): readonly (Pair | Node)[] {
    const { indent } = token;
    const offset = beginOf(items[0]!, token.offset);
    // In flow style only the first item of all may lack its comma.
    const needsItemBefore = token.type === 'flow-collection' && !isFirst;
    const piece: Collection =
      token.type === 'flow-collection'
        ? {
            ...token,
            offset,
            items: needsItemBefore ? [itemBefore(token, offset), ...items] : items,
            end: [
              token.start.source === '{'
                ? { type: 'flow-map-end', offset, indent, source: '}' }
                : { type: 'flow-seq-end', offset, indent, source: ']' },
            ],
          }
        : { ...token, offset, items: items as never };
    const contents = this.#compose([{ type: 'document', offset, start: [], value: piece }])?.contents;
    const composed = (contents as { items?: (Pair | Node)[] } | null | undefined)?.items ?? [];
    return needsItemBefore ? composed.slice(1) : composed;
  }

  #compose(tokens: readonly CST.Token[]): Document | undefined {
    if (this.#directives !== undefined) this.#inside.directives = this.#directives.clone();
    try {
      for (const token of tokens) for (const _ of this.#composer.next(token)); // gives the document before
      for (const document of this.#composer.end()) return document;
    } catch (thrown) {
      if (thrown !== STOP) throw thrown;
    }
    return undefined;
  }

  #emptyIfLarge(token: CST.Token | null | undefined, end: number): void {
    if (token === null || token === undefined || !isCollection(token)) return;
    if (end - token.offset < PIECE_LENGTH || token.items.length === 0) return;
    this.#emptied.set(token, { token, items: token.items, end });
    token.items = [];
  }
}

function isCollection(token: CST.Token): token is Collection {
  return token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
}

/** The index behind a group that begins at `from`. */
function endOfGroup(items: readonly Item[], from: number): number {
  const begin = beginOf(items[from]!, 0);
  let to = from + 1;
  while (to < items.length && (isBlank(items[to - 1]!) || beginOf(items[to]!, begin) - begin < PIECE_LENGTH))
    to++;
  return to;
}

/** Whether an item holds nothing but white space and comments: only the last of a collection may. */
function isBlank({ key, sep, value }: Item): boolean {
  return key === undefined && sep === undefined && value === undefined;
}

function beginOf({ start, key, sep, value }: Item, otherwise: number): number {
  return (start[0] ?? key ?? sep?.[0] ?? value)?.offset ?? otherwise;
}

/** An item that stands for all those of the groups before. */
function itemBefore({ indent, start }: CST.FlowCollection, offset: number): Item {
  const scalar: CST.FlowScalar = { type: 'scalar', offset, indent, source: '' };
  if (start.source !== '{') return { start: [], value: scalar };
  return {
    start: [],
    key: scalar,
    sep: [{ type: 'map-value-ind', offset, indent, source: ':' }],
    value: scalar,
  };
}

function offsetOf(place: ErrorPlace): number {
  if (typeof place === 'number') return place;
  return 'offset' in place ? place.offset : (place[0] ?? 0);
}

function toReason(message: string): string {
  return message.split('\n')[0]!.replace(/:$/, '').replace(/\.$/, '');
}
