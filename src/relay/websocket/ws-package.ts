/**
 * The door to `ws`: its frame writer and deflate extension. They are public exports of the
 * package that its type declarations do not mention, so their shape is written down here, once.
 * We use the parts and not its `WebSocket` class because a connection must act on a close frame at once
 * (`relay.md` G6), name its own close reasons, batch its writes and read time from the `Clock`.
 */
import type { Duplex } from 'node:stream';
import * as ws from 'ws';

/** Negotiated permessage-deflate. */
export interface Deflate {
  readonly params: object;
  /** @throws when no offer is acceptable */
  accept(offers: readonly object[]): object;
  /**
   * Inflates a whole message when `isFinal`. Some run at once in the program, the others wait their turn.
   * @param done told `WS_ERR_UNSUPPORTED_MESSAGE_LENGTH` as soon as it comes to more than the limit
   */
  decompress(
    data: Uint8Array,
    isFinal: boolean,
    done: (error: (Error & { code?: string }) | null | undefined, data?: Buffer) => void,
  ): void;
  /** Drops compression state; pending calls fail. */
  cleanup(): void;
}

/** Extensions of one connection by name. */
export type Extensions = Readonly<Record<string, Deflate>>;

/** Writes frames in order, deflating where asked. `done` is called when the bytes left the process. */
export interface FrameSender {
  send(
    data: Uint8Array,
    options: { binary: boolean; compress: boolean; fin: boolean; mask: boolean },
    done?: (error?: Error) => void,
  ): void;
  ping(data: Uint8Array, mask: boolean): void;
  pong(data: Uint8Array, mask: boolean): void;
  close(code: number | undefined, reason: Uint8Array | undefined, mask: boolean, done: () => void): void;
}

interface WsParts {
  readonly Sender: new (socket: Duplex, extensions: Extensions) => FrameSender;
  readonly PerMessageDeflate: (new (options: {
    isServer: boolean;
    maxPayload: number;
  }) => Deflate) & {
    readonly extensionName: string;
  };
  readonly extension: {
    parse(header: string): Readonly<Record<string, object[] | undefined>>;
    format(extensions: Readonly<Record<string, object[]>>): string;
  };
}

const parts = ws as unknown as WsParts;

/** No extension was negotiated. */
export const NO_EXTENSIONS: Extensions = Object.freeze({});

/** Makes a writer for a connection with extensions. */
export function createSender(socket: Duplex, extensions: Extensions): FrameSender {
  return new parts.Sender(socket, extensions);
}

/**
 * Answers the client's `Sec-WebSocket-Extensions` offer.
 * @returns no extensions when it offers no permessage-deflate we can accept: RFC 7692 5.1 lets a server decline
 */
export function negotiateDeflate(
  offer: string | undefined,
  messageBytesMax: number,
): { readonly extensions: Extensions; readonly header: string | undefined } {
  const declined = { extensions: NO_EXTENSIONS, header: undefined };
  if (offer === undefined) return declined;
  const name = parts.PerMessageDeflate.extensionName;
  try {
    const offers = parts.extension.parse(offer)[name];
    if (offers === undefined) return declined;
    const deflate = new parts.PerMessageDeflate({ isServer: true, maxPayload: messageBytesMax });
    deflate.accept(offers);
    return {
      extensions: { [name]: deflate },
      header: parts.extension.format({ [name]: [deflate.params] }),
    };
  } catch {
    return declined;
  }
}
