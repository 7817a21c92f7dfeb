// The one error class of the CLI: every expected failure carries a stable code for scripts and a way out for people.

interface CliErrorOptions extends ErrorOptions {
  /** What the person can do about it, one sentence. */
  hint?: string;
  /** Extra fields of the JSON document printed with `--json`. */
  detail?: Record<string, unknown>;
  /** Process exit code, 1 unless told. */
  exitCode?: number;
}

export class CliError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly detail: Record<string, unknown>;
  readonly exitCode: number;

  constructor(code: string, message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.hint = options.hint;
    this.detail = options.detail ?? {};
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The person said no, or pressed Ctrl-C: shells expect 130 then. */
export const cancelled = () => new CliError('cancelled', 'Cancelled; nothing was changed.', { exitCode: 130 });

/** Text of any thrown value, with the cause that fetch and fs hide one level down. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.message === 'fetch failed'
    ? error.cause.message || error.message
    : error.message;
}
