// Runs a Capacitor config in a process of its own and says what it gives; the file is the owner's code, not ours.

import { spawn } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../cli-error.ts';
import type { CompilerUsed, RunFailure, RunReport, RunRequest } from './config-runner.ts';

// The same ending as this file: TypeScript in a checkout, JavaScript in a release.
const RUNNER = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './config-runner.ts' : './config-runner.js', import.meta.url),
);
const LIMIT_MS = 30_000;
const MAX_OUTPUT = 4000;
const OUR_SECRETS = /^OVERAIR_.*(?:TOKEN|KEY|PASSPHRASE|SECRET|PASSWORD)/;

export interface ConfigRun {
  values: Record<string, unknown>;
  /** Why `npx cap` cannot read the file here, though we can. */
  capacitorFails?: string;
}

const runs = new Map<string, Promise<ConfigRun>>();

/** What the file gives, run once for each state of its text. Throws with the reason when it gives nothing. */
export function runConfig(root: string, path: string, source: string): Promise<ConfigRun> {
  const key = JSON.stringify([root, path, source]);
  const known = runs.get(key);
  if (known) return known;
  const cache = getCompileCacheDir();
  const started = startRun({ root, path, ...(cache ? { cache } : {}) }).then((report) =>
    readReport(root, path, report),
  );
  runs.set(key, started);
  return started;
}

/** The environment that the config sees: what `npx cap` would see, without the secrets of this program. */
export function configEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !OUR_SECRETS.test(name)));
}

function startRun(request: RunRequest): Promise<RunReport> {
  const child = spawn(process.execPath, [RUNNER], {
    cwd: request.root,
    env: configEnvironment(process.env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-MAX_OUTPUT);
    });
  }
  return new Promise((resolve) => {
    let report: RunReport | undefined;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      stop();
    }, LIMIT_MS);
    child.on('message', (message) => {
      report = message as RunReport;
    });
    const end = (why: string) => {
      clearTimeout(timer);
      process.off('exit', stop);
      resolve(report ?? { failure: { message: late ? `it did not end within ${LIMIT_MS / 1000} seconds` : why } });
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) => end(describeEnd(code ?? signal, output)));
    child.send(request, () => {});
  });
}

function describeEnd(code: number | string | null, output: string): string {
  const last = output.trim().split('\n').slice(-3).join(' ').trim();
  return `it ended the process (${typeof code === 'number' ? `exit code ${code}` : code})${last ? ` and said: ${last}` : ''}`;
}

function readReport(root: string, path: string, report: RunReport): ConfigRun {
  const name = basename(path);
  if ('failure' in report) throw failed(root, name, report.failure, report.typescript);
  const { values } = report;
  if (!values) throw givesNothing(name, 'What it exports is no object, nor a promise of one.');
  const exported = Object.keys(values).filter((key) => key !== '__esModule');
  if (values.appId === undefined && exported.length > 0 && exported.every((key) => !KNOWN_SECTIONS.has(key))) {
    const mend = name.endsWith('ts') ? 'export default …' : 'module.exports = …';
    throw givesNothing(name, `It exports ${exported.join(', ')}, which Capacitor does not look into; write ${mend}`);
  }
  return {
    values,
    ...(report.capacitorFails ? { capacitorFails: sentence(root, report.capacitorFails) } : {}),
  };
}

// A config without an appId is one all the same when it has one of these.
const KNOWN_SECTIONS = new Set([
  'appName',
  'webDir',
  'plugins',
  'server',
  'android',
  'ios',
  'cordova',
  'includePlugins',
  'loggingBehavior',
  'backgroundColor',
  'zoomEnabled',
  'initialFocus',
  'bundledWebRuntime',
]);

const givesNothing = (name: string, hint: string) =>
  new CliError('config_exports_nothing', `Capacitor finds no settings in ${name}.`, { hint });

function failed(root: string, name: string, failure: RunFailure, typescript: CompilerUsed | undefined): CliError {
  const { file, line } = failure;
  const needsCompiler = /\.[cm]?ts$/.test(name);
  const compiler = typescript ? `, with TypeScript ${typescript.version}` : needsCompiler ? ', without TypeScript' : '';
  return new CliError('config_run_failed', `${name}, run as npx cap runs it${compiler}: ${sentence(root, failure)}.`, {
    hint: hintFor(failure, needsCompiler && !typescript),
    detail: {
      reason: failure.message,
      ...(file ? { file: relative(root, file) } : {}),
      ...(line ? { line } : {}),
      ...(typescript ? { typescript } : {}),
    },
  });
}

function sentence(root: string, { message, file, line }: RunFailure): string {
  const place = file ? ` (${relative(root, file)}${line ? `:${line}` : ''})` : '';
  return `${message.replace(/\.$/, '')}${place}`;
}

function hintFor({ message }: RunFailure, lacksCompiler: boolean): string {
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
  if (missing && /^[./]|^file:/.test(missing)) return 'The config imports a file that is not there.';
  if (missing) return `Install the packages of the app first: the config needs ${missing}.`;
  if (lacksCompiler) return 'Install what npx cap needs to read it: npm install --save-dev typescript';
  return 'Mend the file; npx cap config shows what Capacitor makes of it.';
}
