// `overair bundle zip` against `@capgo/cli bundle zip`: the same 50 MB app, in turns.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, type Options, type Report } from '../report.ts';

const OURS = fileURLToPath(new URL('../../../cli/bin/overair.js', import.meta.url));
const THEIRS = createRequire(new URL('../../../e2e/package.json', import.meta.url)).resolve('@capgo/cli');
const LOOPBACK_ONLY = new URL('../../../e2e/cli/loopback-only.js', import.meta.url).href;
const SCRIPT_BYTES = 35_000_000;
const IMAGE_BYTES = 15_000_000;
const HIGHEST_RATIO = 0.5;

export async function run({ runs, say }: Options): Promise<Report[]> {
  const folder = mkdtempSync(join(tmpdir(), 'overair-bench-'));
  const ours: number[] = [];
  const theirs: number[] = [];
  try {
    writeApp(folder);
    for (let turn = 0; turn < runs; turn += 1) {
      ours.push(timeZip(folder, [OURS], 'ours.zip'));
      theirs.push(timeZip(folder, ['--import', LOOPBACK_ONLY, THEIRS], 'theirs.zip'));
      say(`bundle zip: ${ours.at(-1)!.toFixed(0)} ms against ${theirs.at(-1)!.toFixed(0)} ms`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const ratios = ours.map((ms, turn) => ms / theirs[turn]!);
  const row = {
    what: 'bundle zip of a 50 MB app',
    unit: 'ms',
    subject: median(ours),
    baseline: median(theirs),
    ratio: median(ratios),
    ratios,
    target: { of: 'ratio' as const, atMost: HIGHEST_RATIO },
  };
  return [{ bench: 'cli', baseline: '`@capgo/cli bundle zip`', rows: [row] }];
}

function timeZip(cwd: string, program: string[], name: string): number {
  const args = [...program, 'bundle', 'zip', '--name', name, '--key-v2', '--json'];
  const env = { ...process.env, CI: 'true', HOME: cwd, CAPGO_DISABLE_TELEMETRY: 'true', CAPGO_DISABLE_POSTHOG: 'true' };
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stderr}`);
  return performance.now() - startMs;
}

/** Scripts that compress like real ones, images that do not; the same bytes in every run. */
function writeApp(cwd: string): void {
  const files: Record<string, string | Uint8Array> = {
    'package.json': '{"name":"b","version":"1.0.0","dependencies":{"@capgo/capacitor-updater":"8.51.23"}}',
    'node_modules/@capgo/capacitor-updater/package.json': '{"name":"@capgo/capacitor-updater","version":"8.51.23"}',
    'capacitor.config.json': '{"appId":"com.example.bench","appName":"Bench","webDir":"www"}',
    'www/index.html': '<script src="app.js"></script>',
    'www/app.js': 'CapacitorUpdater.notifyAppReady();',
  };
  const next = randomNumbers(42);
  const words = Array.from({ length: 4000 }, () => next(2 ** 32).toString(36));
  for (let written = 0, index = 0; written < SCRIPT_BYTES; index += 1) {
    const size = 20_000 + next(400_000);
    let text = '';
    while (text.length < size)
      text += `function ${words[next(4000)]}(e){return ${words[next(4000)]}(e,${next(1000)})}\n`;
    files[`www/assets/chunk-${index}.js`] = text;
    written += text.length;
  }
  for (let written = 0, index = 0; written < IMAGE_BYTES; index += 1) {
    const bytes = Uint8Array.from({ length: 100_000 + next(800_000) }, () => next(256));
    files[`www/assets/image-${index}.png`] = bytes;
    written += bytes.length;
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
}

/** Mulberry32: whole numbers below a limit. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
