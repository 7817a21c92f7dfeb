// A process of its own that reads one Capacitor config as `npx cap` does (@capacitor/cli 8.5.2, dist/config.js and
// dist/util/node.js), and sends to its parent what the file gives, or why it gives nothing.

import { readFileSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { dirname, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { canStripTypes, compileTypes } from './strip-types.ts';
import { toCommonJs } from './to-commonjs.ts';

/** What the parent asks: `root` is where `npx cap` would be started. */
export interface RunRequest {
  root: string;
  path: string;
  /** Where compiled code is kept: TypeScript is large. */
  cache?: string;
}

export interface RunFailure {
  message: string;
  code?: string;
  /** Where in the project's own files, lines from 1. */
  file?: string;
  line?: number;
}

export interface CompilerUsed {
  version: string;
  path: string;
}

export type RunReport = {
  /** The project's own; undefined when it has none, or when the config needs none. */
  typescript?: CompilerUsed;
} & ({ failure: RunFailure } | RunResult);

interface RunResult {
  /** What Capacitor would copy into the native projects; undefined when the file gives no object. */
  values: Record<string, unknown> | undefined;
  /** `npx cap` itself cannot read the file here, though it can be read. */
  capacitorFails?: RunFailure;
}

interface Compiler {
  version: string;
  /** Gone in TypeScript 7. */
  transpileModule?: (text: string, options: object) => { outputText: string; diagnostics?: Diagnostic[] };
  ModuleKind: { CommonJS: number };
  ModuleResolutionKind: { NodeJs: number };
  ScriptTarget: { ES2017: number };
  flattenDiagnosticMessageText(text: unknown, newline: string): string;
}

interface Diagnostic {
  start?: number;
  messageText: unknown;
}

const OWN_FILES = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
/** What the compiler did not understand, by file; it goes on all the same, and the engine stumbles at another line. */
const complaints = new Map<string, RunFailure>();

process.once('disconnect', () => process.exit());
process.once('message', async (request: RunRequest) => {
  process.argv = [process.argv[0]!, 'cap', 'config'];
  process.setSourceMapsEnabled(true);
  if (request.cache) enableCompileCache(request.cache);
  const report = await run(request);
  // A timer or a socket of the config does not keep Capacitor alive, and not us.
  process.send!(report, () => process.exit());
});

async function run({ root, path }: RunRequest): Promise<RunReport> {
  let typescript: CompilerUsed | undefined;
  try {
    const found = /\.[cm]?ts$/.test(path) ? findCompiler(root) : undefined;
    typescript = found && { version: found.compiler.version, path: found.path };
    const { value, capacitorFails } = await load(path, found?.compiler);
    return {
      values: asJson(value),
      ...(capacitorFails ? { capacitorFails } : {}),
      ...(typescript ? { typescript } : {}),
    };
  } catch (error) {
    return { failure: describeFailure(error, path), ...(typescript ? { typescript } : {}) };
  }
}

interface Loaded {
  value: unknown;
  capacitorFails?: RunFailure;
}

async function load(path: string, compiler: Compiler | undefined): Promise<Loaded> {
  if (path.endsWith('.mjs')) return { value: await defaultOf(await import(pathToFileURL(path).href)) };
  // No look at `default` here: Capacitor takes what `require` gives.
  if (!/\.[cm]?ts$/.test(path)) return { value: await require(path) };
  if (compiler?.transpileModule) {
    return { value: await defaultOf(requireWith((text, file) => transpile(compiler, text, file), path)) };
  }
  const capacitorFails = compiler ? await failureOfNode(path) : missingCompiler();
  if (!capacitorFails) return { value: await defaultOf(await import(pathToFileURL(path).href)) };
  if (!canStripTypes()) throw capacitorFails;
  return {
    value: await defaultOf(requireWith((text, file) => toCommonJs(compileTypes(text, file)), path)),
    capacitorFails,
  };
}

// With TypeScript 7, which compiles nothing in this process, Capacitor leaves the file to Node.
async function failureOfNode(path: string): Promise<RunFailure | undefined> {
  return import(pathToFileURL(path).href).then(
    () => undefined,
    (error) => describeFailure(error, path),
  );
}

const missingCompiler = (): RunFailure => ({
  message: 'TypeScript is not installed in this project',
  code: 'no_typescript',
});

function defaultOf(module: { default?: unknown }): unknown {
  return module.default ? module.default : module;
}

/** The hook that Capacitor sets while it requires the file. */
function requireWith(compile: (text: string, file: string) => string, path: string): { default?: unknown } {
  const extensions = new Set(['.ts', extname(path)]);
  for (const extension of extensions) {
    require.extensions[extension] = (module, file) => {
      const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
      (module as unknown as { _compile(code: string, file: string): void })._compile(compile(text, file), file);
    };
  }
  try {
    return require(path);
  } finally {
    for (const extension of extensions) delete require.extensions[extension];
  }
}

function transpile(compiler: Compiler, text: string, fileName: string): string {
  const { outputText, diagnostics = [] } = compiler.transpileModule!(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {
      module: compiler.ModuleKind.CommonJS,
      moduleResolution: compiler.ModuleResolutionKind.NodeJs,
      esModuleInterop: true,
      strict: true,
      target: compiler.ScriptTarget.ES2017,
      // Ours: errors then name the lines of the file.
      inlineSourceMap: true,
    },
  });
  const first = diagnostics.find(({ start }) => start !== undefined);
  if (first) {
    complaints.set(fileName, {
      message: compiler.flattenDiagnosticMessageText(first.messageText, ' '),
      file: fileName,
      line: text.slice(0, first.start).split('\n').length,
    });
  }
  return outputText;
}

function findCompiler(root: string): { compiler: Compiler; path: string } | undefined {
  let path: string;
  try {
    path = require.resolve('typescript', { paths: [root] });
  } catch {
    return undefined;
  }
  return { compiler: require(path), path };
}

function asJson(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

function describeFailure(error: unknown, path: string): RunFailure {
  if (!(error instanceof Error)) return isFailure(error) ? error : { message: String(error) };
  const known = error instanceof SyntaxError ? (complaints.get(path) ?? [...complaints.values()][0]) : undefined;
  if (known) return known;
  const { code } = error as NodeJS.ErrnoException;
  return { message: error.message.split('\n')[0]!, ...(code ? { code } : {}), ...placeOf(error) };
}

const isFailure = (error: unknown): error is RunFailure =>
  typeof error === 'object' && error !== null && 'message' in error;

/** The first line of the stack that lies in the project's own code; syntax errors name it in front. */
function placeOf(error: Error): { file?: string; line?: number } {
  for (const text of (error.stack ?? '').split('\n')) {
    const found = /^(?:\s+at .*?\(?)?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+)(?::\d+)?\)?$/.exec(text);
    if (!found || text.includes('node:')) continue;
    const file = found[1]!.startsWith('file:') ? fileURLToPath(found[1]!) : found[1]!;
    if (!/[\\/]node_modules[\\/]/.test(file) && !file.startsWith(OWN_FILES)) return { file, line: Number(found[2]) };
  }
  return {};
}
