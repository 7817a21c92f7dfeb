// The one error class of the rooms. Doors render it in their own dialect; a room never knows a status dialect.

/** A failure that a caller can understand. `code` is stable and machine-readable, `detail` never holds secrets. */
export class AppError extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: Record<string, unknown>;

  constructor(
    code: string,
    status: number,
    message: string,
    detail: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AppError';
    this.code = code;
    this.status = status;
    this.detail = detail;
  }
}

/** What a caller hears of a failure that nobody foresaw: nothing. The log has its id and its cause. */
export const unknownError = () => new AppError('unknown_error', 500, 'Unknown error');

/** A reason why the program cannot start. Printed as one line, without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export const overloaded = (retryAfterSeconds: number) =>
  new AppError('overloaded', 503, 'The server cannot store more right now, try again later', {
    retryAfterSeconds,
  });
