// The adviser on builds that differ in known ways: it must name the cause, not only the bytes.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listWebFiles } from '../bundle/web-folder.ts';
import { writeZip } from '../bundle/zip.ts';
import { aFolder } from '../testing/project.ts';
import { advise } from './advise.ts';
import { readSnapshot } from './snapshot.ts';

const library = (seed: number) =>
  Array.from({ length: 9000 }, (_, index) => `function f${index}x${seed}(){return ${(index * seed) % 9973}}\n`).join(
    '',
  );

async function compare(before: Record<string, string>, after: Record<string, string>) {
  return advise(await readSnapshot(aFolder(before)), await readSnapshot(aFolder(after)));
}

describe('advise', () => {
  it.each([
    ['stamp', 'app.js', '/* v1.2.3 2026-01-02 */ run();', 'app.js', '/* v1.2.4 2026-02-03 */ run();'],
    ['stamp', 'app.js', 'const commit="3fa9c1d2e4";run()', 'app.js', 'const commit="99ab0c1d2f";run()'],
    ['references', 'app.js', 'import "./vendor-Ab3dE6gH.js";', 'app.js', 'import "./vendor-Zz9yX8wV.js";'],
    ['references', 'main.3fa9c1d2.js', 'import "./a-Ab3dE6gH.js"', 'main.77aa88bb.js', 'import "./a-Zz9yX8wV.js"'],
    ['monolith', 'app.js', `${library(7)}old()`, 'app.js', `${library(7)}changed()`],
    ['reshuffled', 'app.js', library(7), 'app.js', library(11)],
    ['renamed', 'logo-1.png', 'the same bytes', 'logo-2.png', 'the same bytes'],
    ['content', 'app.js', 'first()', 'app.js', 'second()'],
    ['new', 'a.js', 'first()', 'b.js', 'second()'],
  ])('names the cause: %s (%s)', async (cause, oldName, before, newName, after) => {
    const { costs } = await compare({ [oldName]: before }, { [newName]: after });
    expect(costs).toEqual([expect.objectContaining({ name: newName, cause })]);
  });

  it('charges nothing for what a device can copy, also from another folder', async () => {
    const advice = await compare({ 'a.js': 'same', 'b/c.js': 'too' }, { 'a.js': 'same', 'd/c.js': 'too' });
    expect(advice).toMatchObject({ delta_bytes: 0, reused_files: 2, costs: [], tips: [] });
  });

  it('gives advice where it pays', async () => {
    const advice = await compare(
      { 'app.js': `${library(7)}old()`, 'app.js.map': 'x'.repeat(9) },
      { 'app.js': `${library(7)}changed()`, 'app.js.map': library(3) },
    );
    expect(advice.tips.map(({ cause }) => cause).sort()).toEqual(['monolith', 'source_map']);
  });

  it('reads a zip as it reads the folder', async () => {
    const folder = aFolder({ 'index.html': '<html>', 'a/b.js': library(5), 'logo.png': 'png' });
    const zip = join(aFolder(), 'a.zip');
    await writeZip(await listWebFiles(folder), zip);
    expect(await readSnapshot(zip)).toEqual(await readSnapshot(folder));
  });

  it('refuses what is not a bundle', async () => {
    await expect(readSnapshot(join(aFolder({ 'a.zip': 'text' }), 'a.zip'))).rejects.toMatchObject({
      code: 'invalid_zip',
    });
    await expect(readSnapshot('/nowhere')).rejects.toMatchObject({ code: 'bundle_not_found' });
  });
});
