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
