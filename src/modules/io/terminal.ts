/**
 * What `io` talks to. The hub gives a terminal to the process of a terminal host; a test gives one made of memory.
 */

/** Standard input and output as one program sees them. One reader at a time. */
export interface Terminal {
  /** Arguments of the command line that belong to the program. */
  readonly args: readonly string[];
  /**
   * Writes in call order, both streams together.
   * @returns `undefined` when the bytes were taken at once, else a promise to wait for before writing more.
   */
  write(stream: 'output' | 'error', bytes: Uint8Array): Promise<void> | undefined;
  /** 1 to `bytesMax` bytes as soon as there are any; `undefined` at the end of input. */
  read(bytesMax: number): Promise<Uint8Array | undefined>;
  /** The next line without its end; `undefined` at the end of input. */
  readLine(): Promise<Uint8Array | undefined>;
  /** Resolves when everything written was handed to the system. */
  flush(): Promise<void>;
  /** Turns character-wise input without echo on or off; nothing happens when input is no terminal. */
  setRaw(isRaw: boolean): void;
}
