/**
 * The connections of one listener. Each is in one state at a time: `opening` (its TLS handshake is under way), idle,
 * busy with requests, or adopted: it left HTTP and has an owner.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Deadline, PIPELINED_REQUESTS_MAX } from '../../base/index.ts';
import type { ConnectionOwner } from '../exchange/exchange.ts';

/** All connections of one listener. */
export class Connections {
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
    if (this.#patience !== undefined) queueMicrotask(() => void this.#dismiss(socket, owner));
    return release;
  }

  /** Drops every connection that does nothing: browsers open them ahead of need, nothing is lost with them. */
  dropIdle(): void {
    this.#isClosing = true;
    for (const socket of this.#opening.values()) socket.destroy();
    for (const socket of this.#open) if (this.#isIdle(socket)) socket.destroy();
  }

  /** Tells the owners, those to come as well, to say goodbye. Resolves when all there are have, or failed to. */
  async dismissOwners(patience: Deadline): Promise<void> {
    this.#patience = patience;
    await Promise.all([...this.#adopted].map(([socket, owner]) => this.#dismiss(socket, owner)));
  }

  /** Destroys what is left. */
  cut(): void {
    for (const socket of [...this.#opening.values(), ...this.#open]) socket.destroy();
  }

  /** One that fails to is cut with the rest; that it failed is its own to report. */
  async #dismiss(socket: Duplex, owner: ConnectionOwner): Promise<void> {
    if (this.#adopted.get(socket) !== owner) return;
    try {
      await owner.stop(this.#patience!.leftMs);
    } catch {
      socket.destroy();
    }
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
