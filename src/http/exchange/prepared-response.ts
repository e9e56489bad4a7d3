/**
 * A response while a handler works on it. Until something must be on the wire everything stays here and can
 * still be discarded; after `flush`, in a streaming mode, or beyond RESPONSE_BUFFER_BYTES_MAX it streams.
 */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { type ByteAccount, type Failure, HubError, RESPONSE_BUFFER_BYTES_MAX } from '../../base/index.ts';
import { sniffContentType } from './content-type.ts';
import type { PrivateHeader } from './private-header.ts';
import { type HeaderLine, ResponseHeaders } from './response-headers.ts';
import { addStreamHeaders, type TransferMode } from './stream-headers.ts';

/** A call of the handler that was refused: its author may not have looked at what it gave. */
export interface FailedCall {
  /** As programs write it, e.g. `write_json`. */
  readonly name: string;
  readonly failure: Failure;
}

/** Headers that speak about this connection, not about the response (RFC 9110 7.6.1); Node writes them. */
const FRAMING_HEADERS = [
  'content-length',
  'transfer-encoding',
  'trailer',
  'keep-alive',
  'te',
  'proxy-connection',
];

/** Responses that hold less than this are not worth an account of the byte budget: Node holds as much for any socket. */
const REPORTED_BYTES_MIN = 32_768;

/** The prepared response of one exchange. Header values and names are binary strings. */
export class PreparedResponse {
  readonly #raw: ServerResponse;
  readonly #isHead: boolean;
  readonly #headers = new ResponseHeaders();
  #status: number | undefined;
  #mode: TransferMode = 'fixed';
  #isCommitted = false;
  #isSent = false;
  #chunks: Buffer[] = [];
  #byteCount = 0;
  /** Who waits for the client to catch up. */
  readonly #waiting = new Set<() => void>();
  #isListening = false;
  #stream: { readonly body: Readable; readonly byteCount: number | undefined } | undefined;
  readonly #openAccount: () => ByteAccount;
  /** Opened once there is something worth it: most responses leave at once. */
  #account: ByteAccount | undefined;
  /** Close the connection after this response (unread body, no keep-alive possible). */
  mustClose = false;
  /** Cut the connection instead of ending the response: its handler failed while it streamed (`http.md` C5). */
  mustCut = false;
  /** The last call of the handler that failed and was not made good by another. */
  failedCall: FailedCall | undefined;

  /** @param openAccount called at most once, when much of the response has to wait. */
  constructor(raw: ServerResponse, isHead: boolean, openAccount: () => ByteAccount) {
    this.#openAccount = openAccount;
    this.#raw = raw;
    this.#isHead = isHead;
  }

  /** Status so far; 200 unless set. */
  get status(): number {
    return this.#status ?? 200;
  }

  /** Whether a status was set explicitly. */
  get hasStatus(): boolean {
    return this.#status !== undefined;
  }

  /** `http.md` W1: status and headers can no longer change for the handler. */
  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  /** The head is on the wire. */
  get isStreaming(): boolean {
    return this.#isSent;
  }

  /** Any setter, write or flush was used (`http.md` C1). */
  get isTouched(): boolean {
    return (
      this.#isCommitted || this.#status !== undefined || this.#mode !== 'fixed' || !this.#headers.isEmpty
    );
  }

  get mode(): TransferMode {
    return this.#mode;
  }

  /** Body bytes written so far, buffered or sent. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** The buffered body; empty once streaming. */
  get body(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** @throws MH_HTTP_STATUS_INVALID, MH_HTTP_COMMITTED */
  setStatus(status: number): void {
    this.#assertOpen('status');
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new HubError('MH_HTTP_STATUS_INVALID', {
        message: `Cannot set status: expected an integer from 200 to 599, got ${status}`,
      });
    }
    this.#status = status;
  }

  /**
   * Replaces a header; several values make several lines. Private headers are kept aside.
   * @throws MH_HTTP_HEADER_INVALID (nothing is set), MH_HTTP_COMMITTED
   */
  setHeader(name: string, ...values: readonly string[]): void {
    this.#assertOpen('header');
    this.#headers.set(name, values);
  }

  /** Drops a header of the handler. */
  removeHeader(name: string): void {
    this.#headers.remove(name);
  }

  /** Value of a header set so far; several lines joined with `, `. Private ones included. */
  header(name: string): string | undefined {
    return this.#headers.get(name);
  }

  /** Every header that would be sent, one pair per line, without framing headers. */
  headers(): readonly (readonly [name: string, value: string])[] {
    const lines = [...this.#headers.merged().values()];
    return lines.flatMap(({ name, values }) => values.map((value) => [name, value] as const));
  }

  /** For middleware: a header that goes with every response of this exchange. Replaces the handler's. */
  setOuterHeader(name: string, value: string): void {
    this.#headers.setOuter(name, value);
  }

  /** For middleware: adds words to `Vary` (RFC 9110 12.5.5), each once. */
  addVary(...words: readonly string[]): void {
    this.#headers.addVary(words);
  }

  /** A private header; `undefined` when the handler did not set it. */
  privateHeader(name: PrivateHeader): Buffer | undefined {
    return this.#headers.getPrivate(name);
  }

  /** As `privateHeader`, and forgets it: the caller deals with it. */
  takePrivateHeader(name: PrivateHeader): Buffer | undefined {
    return this.#headers.takePrivate(name);
  }

  /**
   * Streams from here on, with the headers that let it pass proxies.
   * @throws MH_HTTP_COMMITTED
   */
  setTransfer(mode: 'chunked' | 'sse'): void {
    this.#assertOpen('transfer');
    this.#mode = mode;
    addStreamHeaders(this.#headers, mode);
  }

  /** Whether a write of so many bytes goes to the client at once, so that it may have to wait for it. */
  wouldSend(byteCount: number): boolean {
    return this.#isSent || this.#mode !== 'fixed' || this.#byteCount + byteCount > RESPONSE_BUFFER_BYTES_MAX;
  }

  /**
   * Appends body bytes; commits.
   * @returns false when the client is slow: wait for `onDrain` before writing more.
   */
  write(bytes: Buffer): boolean {
    this.#isCommitted = true;
    this.#byteCount += bytes.length;
    if (this.#isSent) return this.#push(bytes);
    this.#chunks.push(bytes);
    if (this.#mode !== 'fixed' || this.#byteCount > RESPONSE_BUFFER_BYTES_MAX) return this.#send();
    this.#report();
    return true;
  }

  /** Commits and sends what is buffered; no proxy shall hold it back. @returns as `write`. */
  flush(): boolean {
    if (this.#mode === 'fixed' && !this.#isSent) addStreamHeaders(this.#headers, 'flushed');
    return this.#send();
  }

  /** Calls back once the client has caught up, or never when it is gone. @returns a way to stop waiting. */
  onDrain(callback: () => void): () => void {
    this.#waiting.add(callback);
    // One listener, however many coroutines of the handler write.
    if (!this.#isListening) this.#raw.once('drain', () => this.#drained());
    this.#isListening = true;
    return () => void this.#waiting.delete(callback);
  }

  #drained(): void {
    this.#isListening = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  /** Replaces the whole body by a stream (a file), sent when the exchange ends. */
  setBodyStream(body: Readable, byteCount: number | undefined): void {
    this.#stream?.body.destroy();
    this.#chunks = [];
    this.#byteCount = 0;
    this.#stream = { body, byteCount };
  }

  /** Replaces the buffered body, e.g. by its compressed form. Status and headers stay. */
  setBody(body: Buffer): void {
    this.#stream?.body.destroy();
    this.#stream = undefined;
    this.#chunks = [body];
    this.#byteCount = body.length;
  }

  /** For middleware: names the type of the buffered body now, as it would be named when it is sent (W4). */
  settleContentType(): void {
    if (this.#headers.get('content-type') !== undefined || this.#byteCount === 0) return;
    this.#headers.put('Content-Type', sniffContentType(this.body, true));
  }

  /** For middleware: replaces the buffered body by an encoded form of it. */
  setEncodedBody(body: Buffer, encoding: string): void {
    this.setBody(body);
    this.#headers.put('Content-Encoding', encoding);
    // RFC 9110 8.8.3.3: another encoding is another representation; a strong tag would claim otherwise.
    const etag = this.#headers.get('etag');
    if (etag?.startsWith('"')) this.#headers.put('ETag', `W/${etag}`);
  }

  /** For middleware, before anything is on the wire: status and headers may change again, the body is dropped. */
  reopen(): void {
    this.#isCommitted = false;
    this.#mode = 'fixed';
    this.setBody(Buffer.alloc(0));
  }

  /** Whether the body is a stream set with `setBodyStream`. */
  get hasBodyStream(): boolean {
    return this.#stream !== undefined;
  }

  /** Forgets everything the handler prepared; outer headers stay. Only before anything is on the wire. */
  discard(): void {
    this.#headers.clear();
    this.#status = undefined;
    this.#mode = 'fixed';
    this.#isCommitted = false;
    this.#chunks = [];
    this.#byteCount = 0;
    this.#stream?.body.destroy();
    this.#stream = undefined;
  }

  /**
   * For middleware and built-in answers: discards what was prepared and answers with one line of text.
   * A header list replaces nothing but itself, e.g. `{ Allow: 'GET' }`.
   */
  answer(status: number, line: string, headers: Readonly<Record<string, string>> = {}): void {
    this.discard();
    this.#status = status;
    this.setHeader('Content-Type', 'text/plain; charset=utf-8');
    this.setHeader('X-Content-Type-Options', 'nosniff');
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    if (status !== 204) this.setBody(Buffer.from(`${line}\n`));
  }

  /** Sends what is left and ends the response. */
  end(): void {
    if (this.#stream !== undefined) {
      this.#sendStream(this.#stream.body, this.#stream.byteCount);
      return;
    }
    if (this.#isSent) {
      this.#raw.end();
      return;
    }
    const body = this.body;
    this.#sendHead(body.length);
    this.#raw.end(this.#hasNoBody() ? undefined : body);
    this.#report();
  }

  /** Puts status and headers on the node response without sending: for whoever takes it over. */
  applyTo(raw: ServerResponse): void {
    applyHead(raw, this.status, this.#headers.merged());
  }

  #send(): boolean {
    this.#isCommitted = true;
    if (this.#mode === 'fixed') this.#mode = 'chunked';
    if (!this.#isSent) this.#sendHead(undefined);
    const body = this.body;
    this.#chunks = [];
    return body.length === 0 ? !this.#raw.writableNeedDrain : this.#push(body);
  }

  #assertOpen(what: string): void {
    if (!this.#isCommitted) return;
    throw new HubError('MH_HTTP_COMMITTED', { message: `cannot set ${what} after headers are sent` });
  }

  #hasNoBody(): boolean {
    return this.#isHead || this.status === 204 || this.status === 304;
  }

  #push(bytes: Buffer): boolean {
    if (this.#hasNoBody()) return true;
    const isReady = this.#raw.write(bytes);
    this.#report();
    return isReady;
  }

  /** Tells the byte budget what waits: what is buffered, and what the client does not fetch. It may cut the client off. */
  #report(): void {
    const raw = this.#raw;
    const held = this.#isSent ? raw.writableLength : this.#byteCount;
    if (this.#account === undefined) {
      if (held < REPORTED_BYTES_MIN) return;
      this.#account = this.#openAccount();
      raw.on('drain', () => this.#account!.set(raw.writableLength));
    }
    this.#account.set(held);
  }

  #sendStream(body: Readable, byteCount: number | undefined): void {
    this.#sendHead(byteCount);
    if (this.#hasNoBody()) {
      body.destroy();
      this.#raw.end();
      return;
    }
    // A file that breaks half-way cannot be answered any more: the client must see a broken response.
    body.once('error', () => this.#raw.destroy());
    this.#raw.once('close', () => body.destroy());
    body.pipe(this.#raw);
    body.on('data', () => this.#report());
  }

  #sendHead(byteCount: number | undefined): void {
    this.#isSent = true;
    this.#isCommitted = true;
    const raw = this.#raw;
    const merged = this.#headers.merged();
    const length = merged.get('content-length')?.values[0];
    if (merged.get('connection')?.values.some((value) => /\bclose\b/i.test(value))) this.mustClose = true;
    // W8: framing is ours. 426 names the protocol to change to and needs `Connection: Upgrade` (RFC 9110 15.5.22).
    for (const name of FRAMING_HEADERS) merged.delete(name);
    if (this.status !== 426) merged.delete('connection');
    if (!merged.has('content-type') && this.#byteCount > 0) {
      merged.set('content-type', {
        name: 'Content-Type',
        values: [sniffContentType(this.body, byteCount !== undefined)],
      });
    }
    applyHead(raw, this.status, merged);
    if (this.mustClose) {
      raw.shouldKeepAlive = false;
      raw.setHeader('Connection', this.status === 426 ? 'Upgrade, close' : 'close');
    }
    if (this.status === 204 || (this.status === 304 && length === undefined)) return;
    if (byteCount === 0 && this.#isHead && length !== undefined && /^\d+$/.test(length)) {
      raw.setHeader('Content-Length', length); // HEAD may announce what GET would send.
    } else if (byteCount !== undefined && this.status !== 304) raw.setHeader('Content-Length', byteCount);
    if (byteCount === undefined) raw.flushHeaders();
  }
}

function applyHead(raw: ServerResponse, status: number, headers: ReadonlyMap<string, HeaderLine>): void {
  raw.statusCode = status;
  for (const { name, values } of headers.values()) {
    raw.setHeader(name, values.length === 1 ? values[0]! : values);
  }
}
