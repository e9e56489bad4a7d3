/**
 * Ordinary clients of the host under attack, in a process of their own: a WebSocket that is echoed every 20 ms, a GET on
 * a kept connection every 50 ms, and a newcomer with a connection of its own every 200 ms. They ask on time whether or
 * not the last answer came, so that a host that stands still is seen by every question it kept waiting.
 */
import { Agent, request } from 'node:http';
import WebSocket from 'ws';
import { type BystanderReport, type BystanderRequest, summarise } from './protocol.ts';

const ECHO_MS = 20;
const GET_MS = 50;
const NEWCOMER_MS = 200;

/** Latencies of one kind of question, and those still without an answer. */
class Questions {
  #latenciesMs: number[] = [];
  #failed = 0;
  readonly #open = new Map<number, number>();
  #next = 0;

  /** @returns the number of the question. */
  ask(): number {
    this.#open.set(++this.#next, performance.now());
    return this.#next;
  }

  answered(question: number): void {
    const askedMs = this.#open.get(question);
    if (askedMs === undefined) return;
    this.#open.delete(question);
    this.#latenciesMs.push(performance.now() - askedMs);
  }

  failed(question: number): void {
    if (this.#open.delete(question)) this.#failed++;
  }

  mark(): void {
    this.#latenciesMs = [];
    this.#failed = 0;
  }

  report() {
    const nowMs = performance.now();
    const waitingMs = [...this.#open.values()].map((askedMs) => nowMs - askedMs);
    return summarise([...this.#latenciesMs, ...waitingMs], this.#failed);
  }
}

const port = Number(process.argv[2]);
const echoes = new Questions();
const gets = new Questions();
const newcomers = new Questions();
const agent = new Agent({ keepAlive: true });
let dropped = 0;

const socket = await openEcho();
setInterval(() => {
  if (socket.readyState === WebSocket.OPEN) socket.send(String(echoes.ask()));
}, ECHO_MS);
setInterval(() => get(gets, agent), GET_MS);
setInterval(() => get(newcomers, false), NEWCOMER_MS);

process.on('disconnect', () => process.exit(0));
process.on('message', ({ kind }: BystanderRequest) => {
  if (kind === 'mark') {
    for (const questions of [echoes, gets, newcomers]) questions.mark();
    dropped = 0;
  }
  process.send!(report());
});
process.send!(report());

function report(): BystanderReport {
  return { echo: echoes.report(), get: gets.report(), newcomer: newcomers.report(), dropped };
}

async function openEcho(): Promise<WebSocket> {
  const opened = new WebSocket(`ws://127.0.0.1:${port}/echo`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => opened.once('open', resolve).once('error', reject));
  opened.on('message', (data) => echoes.answered(Number(String(data))));
  opened.on('close', () => dropped++);
  opened.on('error', () => {});
  return opened;
}

function get(questions: Questions, agent: Agent | false): void {
  const question = questions.ask();
  askHello(agent, {
    answered: () => questions.answered(question),
    failed: () => questions.failed(question),
  });
}

function askHello(agent: Agent | false, told: { answered(): void; failed(): void }): void {
  const sent = request({ port, host: '127.0.0.1', path: '/hello', agent }, (response) => {
    let body = '';
    response.setEncoding('latin1').on('data', (part: string) => {
      body += part;
    });
    response.on('end', () => (body === 'hello' ? told.answered() : told.failed()));
    response.on('error', told.failed);
  });
  sent.on('error', () => {
    // RFC 9110 9.2.2: a kept connection that the host closed while we asked is no answer; clients ask again.
    if (sent.reusedSocket) askHello(false, told);
    else told.failed();
  });
  sent.end();
}
