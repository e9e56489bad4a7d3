/** Clients that count what they send and what comes back, for `saves.ts`. */
import WebSocket from 'ws';

/** What became of everything. */
export interface ClientReport {
  readonly sent: number;
  readonly received: number;
  /** Connections that ended. */
  readonly dropped: number;
  readonly lost: number;
  readonly doubled: number;
  readonly misordered: number;
  /** Times the hub began to count anew: its state was not handed over. */
  readonly restarts: number;
  readonly replyP99Ms: number;
}

interface Client {
  readonly socket: WebSocket;
  sent: number;
  /** Number of the newest reply. */
  newest: number;
  received: number;
}

/** Connections opened at once. */
const BATCH = 50;
/** Messages go out this often, in milliseconds. */
const TICK_MS = 10;
/** Longest wait for the last replies. */
const DRAIN_TIMEOUT_MS = 10_000;

/** All clients of one run. */
export class SaveClients {
  /** Versions of the newest reply. */
  hubVersion = 0;
  wordVersion = 0;
  readonly #clients: Client[] = [];
  readonly #replyMs: number[] = [];
  #answered = 0;
  #dropped = 0;
  #doubled = 0;
  #misordered = 0;
  #restarts = 0;
  #slowestMs = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  /** Opens all connections. */
  static async connect(url: string, count: number): Promise<SaveClients> {
    const clients = new SaveClients();
    for (let opened = 0; opened < count; opened += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, count - opened) }, () => clients.#open(url));
      await Promise.all(batch);
    }
    return clients;
  }

  /** Sends `rate` messages a second from now on, every client in its turn. */
  start(rate: number): void {
    const beganMs = performance.now();
    let total = 0;
    this.#timer = setInterval(() => {
      for (const due = ((performance.now() - beganMs) / 1000) * rate; total < due; total++) {
        const client = this.#clients[total % this.#clients.length]!;
        client.socket.send(`${++client.sent} ${performance.now()}`);
      }
    }, TICK_MS);
  }

  /** The slowest reply since it was asked last. */
  takeStretch(): { slowestMs: number } {
    const slowestMs = this.#slowestMs;
    this.#slowestMs = 0;
    return { slowestMs };
  }

  /** Stops sending, waits for what is under way, closes. */
  async finish(): Promise<ClientReport> {
    clearInterval(this.#timer);
    const sum = (of: (client: Client) => number): number =>
      this.#clients.reduce((total, client) => total + of(client), 0);
    const sent = sum((client) => client.sent);
    const endMs = performance.now() + DRAIN_TIMEOUT_MS;
    while (sum((client) => client.newest) < sent && performance.now() < endMs)
      await new Promise((resume) => void setTimeout(resume, 20));
    this.#isOver = true;
    for (const { socket } of this.#clients) socket.terminate();
    this.#replyMs.sort((a, b) => a - b);
    return {
      sent,
      received: sum((client) => client.received),
      dropped: this.#dropped,
      lost: sent - sum((client) => client.received) + this.#doubled,
      doubled: this.#doubled,
      misordered: this.#misordered,
      restarts: this.#restarts,
      replyP99Ms: Math.round((this.#replyMs[Math.floor(this.#replyMs.length * 0.99)] ?? 0) * 10) / 10,
    };
  }

  #open(url: string): Promise<void> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client: Client = { socket, sent: 0, newest: 0, received: 0 };
    this.#clients.push(client);
    socket.on('message', (data) => this.#reply(client, String(data)));
    socket.on('close', () => {
      if (!this.#isOver) this.#dropped++;
    });
    return new Promise((opened, failed) => {
      socket.once('open', opened);
      socket.once('error', failed);
    });
  }

  #reply(client: Client, text: string): void {
    const [number, sentMs, hub, word, answered] = text.split(' ').map(Number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    client.received++;
    if (number <= client.newest) this.#doubled++;
    else if (number !== client.newest + 1) this.#misordered++;
    client.newest = Math.max(client.newest, number);
    this.hubVersion = hub;
    this.wordVersion = word;
    if (answered <= this.#answered - this.#clients.length * 100) this.#restarts++;
    this.#answered = Math.max(this.#answered, answered);
    const tookMs = performance.now() - sentMs;
    this.#slowestMs = Math.max(this.#slowestMs, tookMs);
    this.#replyMs.push(tookMs);
  }
}
