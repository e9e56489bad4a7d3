/**
 * The server's end of an exchange: opened when a request came in, closed when its outcome is decided, and the way its
 * response leaves. Middleware, relays and programs hold the `Exchange` and never see this.
 */
import type { ServerResponse } from 'node:http';
import { type Clock, type Timer, WRITE_GRACE_MS } from '../../base/index.ts';
import { Exchange, type ExchangeParts } from './exchange.ts';
import { ExchangeLife } from './life.ts';

/** What whoever answers the request may do with it. */
export class Delivery {
  readonly exchange: Exchange;
  readonly #life: ExchangeLife;
  readonly #raw: ServerResponse;
  readonly #clock: Clock;

  constructor(parts: ExchangeParts) {
    this.#raw = parts.response;
    this.#clock = parts.host.clock;
    this.#life = new ExchangeLife(parts.host.log, parts.target.path, parts.host.budget);
    this.exchange = new Exchange(parts, this.#life);
    // A handler that still decides is told and answers 503; else there is nobody to answer any more.
    this.#life.onOverload(() => {
      if (!this.#life.isTaken && (this.#life.isClosed || this.exchange.response.isStreaming)) this.destroy();
    });
    this.#raw.once('close', () => {
      this.#life.release();
      if (!this.#raw.writableFinished) this.#life.leave();
    });
  }

  /** The outcome is decided: programs can do nothing more, and what belongs to the request is released. Idempotent. */
  close(): void {
    this.#life.close();
  }

  /** A client that does not take its response in time loses the connection. @returns the timer, to be cancelled. */
  limit(timeoutMs: number): Timer {
    return this.#clock.setTimer(timeoutMs, () => {
      if (!this.exchange.isTaken) this.destroy();
    });
  }

  /**
   * Sends what is left of the response, or cuts it off where a handler that failed had begun to stream.
   * @param onSent called once it was handed to the system, or the client is gone.
   */
  send(onSent: () => void): void {
    const { body, response } = this.exchange;
    let isDone = false;
    const sent = (): void => {
      if (isDone) return;
      isDone = true;
      onSent();
      body.answered();
    };
    this.#raw.once('finish', sent);
    this.#raw.once('close', sent);
    if (response.mustCut) {
      this.#cut();
      return;
    }
    body.close();
    response.end();
  }

  /** Destroys the connection now, e.g. because the client takes nothing. */
  destroy(): void {
    this.#raw.destroy();
  }

  /** Sends what was written and closes the connection, so that the client can tell that the rest is missing. */
  #cut(): void {
    const { socket } = this.#raw;
    if (typeof socket?.destroySoon !== 'function') {
      this.destroy();
      return;
    }
    this.#raw.uncork();
    socket.destroySoon();
    // A client that reads nothing must not keep the socket.
    const timer = this.#clock.setTimer(WRITE_GRACE_MS, () => this.destroy());
    socket.once('close', () => timer.cancel());
  }
}
