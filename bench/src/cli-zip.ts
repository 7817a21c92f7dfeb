// `overair bundle zip` against `@capgo/cli bundle zip` on the same 50 MB app, alternating runs; target: at most half its time.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OURS = fileURLToPath(new URL('../../cli/bin/overair.js', import.meta.url));
const THEIRS = createRequire(new URL('../../e2e/package.json', import.meta.url)).resolve('@capgo/cli');
const LOOPBACK_ONLY = new URL('../../e2e/cli/loopback-only.js', import.meta.url).href;
const RUNS = 5;
const SCRIPT_BYTES = 35_000_000;
const IMAGE_BYTES = 15_000_000;

const folder = mkdtempSync(join(tmpdir(), 'overair-bench-'));
try {
  writeApp(folder);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    ours.push(time(folder, [OURS, 'bundle', 'zip', '--name', 'ours.zip', '--json']));
    theirs.push(
      time(folder, ['--import', LOOPBACK_ONLY, THEIRS, 'bundle', 'zip', '--name', 'theirs.zip', '--key-v2', '--json']),
    );
  }
  const [our, their] = [median(ours), median(theirs)];
  process.stdout.write(
    `bundle zip, 50 MB: overair ${our.toFixed(0)} ms, @capgo/cli ${their.toFixed(0)} ms, ratio ${(our / their).toFixed(2)} (target ≤ 0.50)\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function time(cwd: string, args: string[]): number {
  const startedAt = performance.now();
  const env = { ...process.env, CI: 'true', HOME: cwd, CAPGO_DISABLE_TELEMETRY: 'true', CAPGO_DISABLE_POSTHOG: 'true' };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env });
  if (status !== 0) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return performance.now() - startedAt;
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
    mkdirSync(join(cwd, name, '..'), { recursive: true });
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

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
