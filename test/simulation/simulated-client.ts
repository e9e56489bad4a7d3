/** A client of the application simulation: it counts what it says, and what comes back must be that. */
import WebSocket from 'ws';
import { assert } from '../../src/base/index.ts';

export class SimulatedClient {
  readonly name: string;
  readonly target: 'follower' | 'plain';
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #answers: number[] = [];
  #said = 0;
  #version = 0;

  private constructor(socket: WebSocket, target: 'follower' | 'plain', name: string) {
    this.#socket = socket;
    this.target = target;
    this.name = name;
    this.closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const [number, version] = String(data).split(' ').map(Number);
      this.#answers.push(number!);
      assert(version! >= this.#version, `${name} was answered by old code after new`);
      this.#version = version!;
    });
  }

  static async open(url: string, target: 'follower' | 'plain', name: string): Promise<SimulatedClient> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new SimulatedClient(socket, target, name);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Everything said was answered. */
  get isAnswered(): boolean {
    return this.#answers.length >= this.#said;
  }

  say(): void {
    this.#socket.send(String(++this.#said));
  }

  /** What was answered is what was said, once and in order. */
  check(): void {
    assert(
      this.#answers.length === this.#said,
      `${this.name} said ${this.#said}, got ${this.#answers.length} answers`,
    );
    for (const [index, number] of this.#answers.entries()) {
      assert(number === index + 1, `${this.name} got the answer to ${number} as number ${index + 1}`);
    }
  }

  close(): void {
    this.#socket.close(1000, 'bye');
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
