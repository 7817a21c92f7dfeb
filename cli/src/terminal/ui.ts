// How commands talk to people: results on stdout, progress and warnings on stderr, questions only where somebody can answer.

import { CliError, cancelled } from '../cli-error.ts';
import { type Progress, silentProgress, startProgress } from './progress.ts';
import { style } from './style.ts';
import { type Column, renderTable } from './table.ts';

interface Question {
  message: string;
  /** The flag that answers this question without asking, named when nobody can be asked. */
  flag: string;
}

export interface Ui {
  /** False in CI, in pipes and with `--json`: every question is then refused. */
  readonly interactive: boolean;
  /** True where somebody reads what we ask to be done elsewhere: with `--json` too, but never in CI. */
  readonly attended: boolean;
  /** Warnings so far; part of the JSON document. */
  readonly warnings: string[];
  say(text: string): void;
  /** Something to do outside this program; with `--json` it goes to stderr. */
  instruct(text: string): void;
  success(text: string): void;
  warn(text: string): void;
  table<Row>(columns: Column<Row>[], rows: Row[], whenEmpty: string): void;
  progress(label: string, totalBytes: number): Progress;
  /** `--yes` answers yes. */
  confirm(question: Question & { initial?: boolean }): Promise<boolean>;
  text(question: Question & { initial?: string; placeholder?: string }): Promise<string>;
  secret(question: Question): Promise<string>;
  select<T extends string>(question: Question & { choices: { value: T; label: string; hint?: string }[] }): Promise<T>;
}

interface UiOptions {
  json: boolean;
  yes: boolean;
  interactive: boolean;
  attended: boolean;
}

export function createUi(options: UiOptions): Ui {
  const print = (text: string) => {
    if (!options.json) process.stdout.write(`${text}\n`);
  };
  const warnings: string[] = [];
  return {
    interactive: options.interactive,
    attended: options.attended,
    warnings,
    say: print,
    instruct: (text) => (options.json ? process.stderr : process.stdout).write(`${text}\n`),
    success: (text) => print(`${style.success('✔')} ${text}`),
    warn(text) {
      warnings.push(text);
      if (!options.json) process.stderr.write(`${style.warning('!')} ${text}\n`);
    },
    table: (columns, rows, whenEmpty) => print(rows.length === 0 ? style.muted(whenEmpty) : renderTable(columns, rows)),
    progress: (label, totalBytes) =>
      options.interactive && process.stderr.isTTY ? startProgress(label, totalBytes) : silentProgress,
    ...questions(options),
  };
}

function questions(options: UiOptions): Pick<Ui, 'confirm' | 'text' | 'secret' | 'select'> {
  const ask = async <T>(
    question: Question,
    prompt: (clack: typeof import('@clack/prompts')) => Promise<T | symbol>,
  ) => {
    if (!options.interactive) throw unanswered(question);
    const clack = await import('@clack/prompts');
    const answer = await prompt(clack);
    if (clack.isCancel(answer)) throw cancelled();
    return answer as T;
  };
  return {
    async confirm(question) {
      if (options.yes) return true;
      return ask<boolean>(question, (clack) =>
        clack.confirm({ message: question.message, initialValue: question.initial ?? false }),
      );
    },
    text: (question) =>
      ask<string>(question, (clack) =>
        clack.text({
          message: question.message,
          ...(question.initial === undefined ? {} : { initialValue: question.initial }),
          ...(question.placeholder === undefined ? {} : { placeholder: question.placeholder }),
          validate: (value) => (value?.trim() ? undefined : 'An answer is needed.'),
        }),
      ),
    secret: (question) => ask<string>(question, (clack) => clack.password({ message: question.message })),
    select: <T extends string>(question: Question & { choices: { value: T; label: string; hint?: string }[] }) =>
      ask<T>(
        question,
        (clack) =>
          clack.select<string>({ message: question.message, options: question.choices }) as Promise<T | symbol>,
      ),
  };
}

const unanswered = (question: Question) =>
  new CliError('needs_answer', `Nobody can answer here: ${question.message}`, { hint: `Pass ${question.flag}.` });
