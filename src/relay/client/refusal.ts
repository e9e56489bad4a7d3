/** An answer instead of a connection. `body` is one line without its newline. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of what the application did, with the cause for its author. */
export interface ExplainedRefusal extends Refusal {
  readonly cause: string;
}

/** The server began to stop, before or while the handler ran. */
export const SHUTTING_DOWN: ExplainedRefusal = Object.freeze({
  status: 503,
  body: 'server is shutting down',
  cause: 'the server is stopping',
});

/** As many connections are open as may be. */
export const TOO_MANY_CONNECTIONS: ExplainedRefusal = Object.freeze({
  status: 503,
  body: 'too many connections',
  cause: 'as many are open as may be',
});
