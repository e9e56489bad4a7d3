/**
 * The connections of one listener. Each is in one state at a time: `opening` (its TLS handshake is under way), idle,
 * busy with requests, or adopted: it left HTTP and has an owner.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type Deadline, PIPELINED_REQUESTS_MAX } from '../../base/index.ts';
import type { ConnectionOwner } from '../exchange/exchange.ts';

/** Owners told in one turn of the event loop: each goodbye is a write, and 10,000 at once would stand all others still. */
const GOODBYES_AT_ONCE = 100;

/** All connections of one listener. */
export class Connections {
  readonly #clock: Clock;
  /** By peer: Node does not say which TCP socket a TLS socket stands on. */
  readonly #opening = new Map<string, Socket>();
  readonly #open = new Set<Socket>();
  /** Responses of requests under way: several when a client sends ahead. */
  readonly #busy = new Map<Duplex, Set<ServerResponse>>();
  readonly #adopted = new Map<Duplex, ConnectionOwner>();
  /** A request on them was refused for its head: what follows is no request. */
  readonly #ending = new WeakSet<Duplex>();
  #isClosing = false;
  /** How long owners may take for their goodbye, once they are to say it. */
  #patience: Deadline | undefined;
  /** Of owners that were told and are not done. */
  readonly #goodbyes = new Set<Promise<void>>();
  readonly #onQuiet = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Requests under way; streams that have an owner are none. */
  get requestCount(): number {
    let count = 0;
    for (const [socket, responses] of this.#busy) if (!this.#adopted.has(socket)) count += responses.size;
    return count;
  }

  /** Connections that have an owner. */
  get adoptedCount(): number {
    return this.#adopted.size;
  }

  /** A TCP connection that has to become a TLS one first. */
  addOpening(socket: Socket): void {
    const peer = peerOf(socket);
    this.#opening.set(peer, socket);
    socket.once('close', () => {
      if (this.#opening.get(peer) === socket) this.#opening.delete(peer);
    });
  }

  /** A connection that may carry requests. @returns false when it is known already. */
  add(socket: Socket): boolean {
    if (this.#open.has(socket)) return false;
    this.#opening.delete(peerOf(socket));
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#endWaiting(socket);
    });
    return true;
  }

  /**
   * A request came in.
   * @returns false when it counts for nothing: it follows one that was refused, or the client sent too many ahead and
   *   its connection is destroyed.
   */
  begin(socket: Duplex, response: ServerResponse): boolean {
    if (this.#ending.has(socket)) return false;
    let responses = this.#busy.get(socket);
    if (responses === undefined) {
      responses = new Set();
      this.#busy.set(socket, responses);
    }
    // Node hands over every request of a chunk at once, a thousand if they are short.
    if (responses.size >= PIPELINED_REQUESTS_MAX) {
      socket.destroy();
      return false;
    }
    responses.add(response);
    response.once('close', () => {
      responses.delete(response);
      if (responses.size > 0 || this.#busy.get(socket) !== responses) return;
      this.#busy.delete(socket);
      this.#endIdle(socket);
      this.#tellQuiet();
    });
    return true;
  }

  /** The request under way is the last one: its framing cannot be trusted, and so nothing behind it. */
  endAfterThis(socket: Duplex): void {
    this.#ending.add(socket);
  }

  /** Responses under way on a connection, in the order of their requests. */
  responsesOn(socket: Duplex): readonly ServerResponse[] {
    return [...(this.#busy.get(socket) ?? [])];
  }

  /**
   * A connection left HTTP. Its handshake may have been under way when everybody else was told to say goodbye: it is
   * told as well, once its owner has opened it.
   * @returns takes that back: its owner is done with it.
   */
  adopt(socket: Duplex, owner: ConnectionOwner): () => void {
    const release = (): void => {
      socket.off('close', release);
      this.#adopted.delete(socket);
      this.#endIdle(socket);
    };
    this.#adopted.set(socket, owner);
    socket.once('close', release);
    this.#tellQuiet();
    if (this.#patience !== undefined) queueMicrotask(() => this.#dismiss(socket, owner));
    return release;
  }

  /** Drops every connection that does nothing: browsers open them ahead of need, nothing is lost with them. */
  dropIdle(): void {
    this.#isClosing = true;
    for (const socket of this.#opening.values()) socket.destroy();
    for (const socket of this.#open) if (this.#isIdle(socket)) socket.destroy();
  }

  /** Resolves when no request is under way. */
  whenQuiet(): Promise<void> {
    if (this.requestCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onQuiet.add(resolve));
  }

  /** Tells the owners, those to come as well, to say goodbye. Resolves when all there are were told. */
  async dismissOwners(patience: Deadline): Promise<void> {
    this.#patience = patience;
    let told = 0;
    for (const [socket, owner] of [...this.#adopted]) {
      this.#dismiss(socket, owner);
      if (++told % GOODBYES_AT_ONCE === 0) await new Promise<void>((next) => this.#clock.defer(next));
    }
  }

  /** Resolves when the owners that were told are done, or failed to be. */
  async whenDismissed(): Promise<void> {
    while (this.#goodbyes.size > 0) await Promise.all(this.#goodbyes);
  }

  /** Destroys what is left. */
  cut(): void {
    for (const socket of [...this.#opening.values(), ...this.#open]) socket.destroy();
  }

  #dismiss(socket: Duplex, owner: ConnectionOwner): void {
    if (this.#adopted.get(socket) !== owner) return;
    const goodbye = this.#sayGoodbye(socket, owner).finally(() => this.#goodbyes.delete(goodbye));
    this.#goodbyes.add(goodbye);
  }

  /** One that fails to is cut with the rest; that it failed is its own to report. */
  async #sayGoodbye(socket: Duplex, owner: ConnectionOwner): Promise<void> {
    try {
      await owner.stop(this.#patience!.leftMs);
    } catch {
      socket.destroy();
    }
  }

  #tellQuiet(): void {
    if (this.#onQuiet.size === 0 || this.requestCount > 0) return;
    for (const told of this.#onQuiet) told();
    this.#onQuiet.clear();
  }

  /** While closing, a connection ends with its last response, kept alive or not. */
  #endIdle(socket: Duplex): void {
    const open = socket as Socket; // Only those that came in through `add` are in the set.
    if (this.#isClosing && this.#isIdle(socket) && this.#open.has(open)) open.destroySoon();
  }

  #isIdle(socket: Duplex): boolean {
    return !this.#busy.has(socket) && !this.#adopted.has(socket);
  }

  /** Responses that wait behind another have no socket yet, so Node does not tell them that it closed. */
  #endWaiting(socket: Duplex): void {
    for (const response of this.#busy.get(socket) ?? []) {
      if (response.socket !== null) continue;
      response.destroy();
      response.emit('close');
    }
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
