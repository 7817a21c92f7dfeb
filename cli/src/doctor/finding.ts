// What `overair doctor` finds: one line each, with the way to mend it.

export interface Finding {
  /** Stable name for scripts. */
  check: string;
  status: 'ok' | 'warning' | 'problem';
  message: string;
  /** What to do about it. */
  fix?: string;
  /** Mends it without a question that matters; run by `--fix`. */
  mend?: () => Promise<void>;
}

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message });

export const warning = (check: string, message: string, fix: string, mend?: () => Promise<void>): Finding => ({
  check,
  status: 'warning',
  message,
  fix,
  ...(mend ? { mend } : {}),
});

export const problem = (check: string, message: string, fix: string, mend?: () => Promise<void>): Finding => ({
  check,
  status: 'problem',
  message,
  fix,
  ...(mend ? { mend } : {}),
});
