// A tiny web app as a developer has it on disk: package.json, capacitor.config.json and a built web folder.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface AppFolder {
  appId: string;
  version: string;
  /** Shown in index.html, to tell bundles apart. */
  greeting: string;
  plugins?: Record<string, unknown>;
}

export async function writeApp(folder: string, { appId, version, greeting, plugins }: AppFolder): Promise<void> {
  await mkdir(join(folder, 'www/assets'), { recursive: true });
  const write = (path: string, content: string) => writeFile(join(folder, path), content);
  await write('package.json', JSON.stringify({ name: 'sample', version, private: true }, null, 2));
  const config = { appId, appName: 'Sample', webDir: 'www', plugins: { CapacitorUpdater: plugins ?? {} } };
  await write('capacitor.config.json', `${JSON.stringify(config, null, 2)}\n`);
  await write(
    'www/index.html',
    `<!doctype html><title>Sample</title><h1>${greeting}</h1><script src="assets/app.js"></script>\n`,
  );
  await write('www/assets/app.js', 'CapacitorUpdater.notifyAppReady();\n');
  await write('www/assets/data.txt', 'the same in every release\n'.repeat(1_000));
}
