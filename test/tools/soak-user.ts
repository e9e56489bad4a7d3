/** One user of the soak test: requests, connections and bad manners, one after the other. */
import { request } from 'node:http';
import WebSocket from 'ws';
import type { Random } from '../simulation/random.ts';

/** Whom to bother, and until when. */
export interface UserOptions {
  readonly url: string;
  readonly random: Random;
  isOver(): boolean;
}

/** What a user saw. */
export interface UserReport {
  requests: number;
  frames: number;
  aborted: number;
  /** Answers that should not have been, by text. */
  readonly unexpected: Record<string, number>;
}

/** Longest wait for any answer; beyond it, that is what was seen. */
const PATIENCE_MS = 10_000;

/** Acts at random until it is over. */
export async function runUser(options: UserOptions): Promise<UserReport> {
  const { url, random } = options;
  const report: UserReport = { requests: 0, frames: 0, aborted: 0, unexpected: {} };
  while (!options.isOver()) {
    try {
      await actOnce(url, random, report);
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.message : String(thrown);
      report.unexpected[text] = (report.unexpected[text] ?? 0) + 1;
    }
  }
  return report;
}

async function actOnce(url: string, random: Random, report: UserReport): Promise<void> {
  const kind = random.pick([
    'call',
    'call',
    'churn',
    'tail',
    'crash',
    'slow',
    'room',
    'room',
    'solo',
    'nothing',
  ] as const);
  if (kind === 'room' || kind === 'solo') {
    report.frames += await chat(`${url.replace('http:', 'ws:')}/${kind}`, random);
    return;
  }
  const isImpatient = kind === 'slow' || random.chance(0.02);
  const status = await get(`${url}/${kind}`, isImpatient ? random.below(250) : undefined);
  report.requests++;
  if (status === undefined) report.aborted++;
  // The fragile service may be down when it is told to crash.
  else if (status !== (kind === 'nothing' ? 404 : 200)) throw new Error(`${kind}: status ${status}`);
}

/** @returns the status, or `undefined` when the client hung up first. */
function get(url: string, hangUpAfterMs: number | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent: false }, (response) => {
      response.resume();
      response.on('end', () => settle(() => resolve(response.statusCode)));
      response.on('error', () => settle(() => resolve(undefined)));
    });
    const timer = setTimeout(() => {
      sent.destroy();
      settle(() =>
        hangUpAfterMs === undefined ? reject(new Error(`no answer from ${url}`)) : resolve(undefined),
      );
    }, hangUpAfterMs ?? PATIENCE_MS);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      finish();
    };
    sent.on('error', (error) =>
      settle(() => (hangUpAfterMs === undefined ? reject(error) : resolve(undefined))),
    );
    sent.end();
  });
}

/** Sends some frames, waits for their echo, leaves politely or not. @returns frames received. */
function chat(url: string, random: Random): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const wanted = random.below(20);
    const isRude = random.chance(0.3);
    let received = 0;
    const timer = setTimeout(() => {
      socket.terminate();
      reject(new Error(`no echo from ${url}`));
    }, PATIENCE_MS);
    const leave = (): void => (isRude ? socket.terminate() : socket.close(1000, 'bye'));
    socket.on('open', () => {
      for (let i = 0; i < wanted; i++) {
        const type = random.chance(0.05) ? 'all' : 'one';
        socket.send(JSON.stringify({ type, data: 'x'.repeat(random.below(2000)) }));
      }
      if (wanted === 0) leave();
    });
    socket.on('message', () => {
      if (++received >= wanted) leave();
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}
