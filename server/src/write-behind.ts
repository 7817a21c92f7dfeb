// Writes later what was noted now: the first note starts a timer, and one write takes all that was noted until it begins.

interface WriteBehindOptions {
  /** Takes what was noted so far and stores it. */
  readonly write: () => Promise<void>;
  /** From the first note to the write. Asked anew for each write, so that a slow database is written to less often. */
  readonly pauseMs: () => number;
  /** A write that rejects is reported here and does not stop those after it. */
  readonly onError: (error: unknown) => void;
}

export class WriteBehind {
  readonly #options: WriteBehindOptions;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: WriteBehindOptions) {
    this.#options = options;
  }

  /** To be called after each note. */
  schedule(): void {
    this.#timer ??= setTimeout(() => void this.flush(), this.#options.pauseMs());
  }

  /** Resolves when everything that was noted before the call is written. Writes never overlap. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(this.#options.write).catch(this.#options.onError);
    return this.#writing;
  }
}
