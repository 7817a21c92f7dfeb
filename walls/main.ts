// `npm run walls`: prints what breaks a wall of the house, one line each, and exits with 1 if anything does.

import { fileURLToPath } from 'node:url';
import { findNeedlessExports } from './exports.ts';
import { findBreaches } from './imports.ts';
import { findMadeElsewhere } from './makers.ts';
import { findStrayNames } from './names.ts';
import { readSources } from './source.ts';

const files = readSources(fileURLToPath(new URL('..', import.meta.url)));
const found = [
  ...findBreaches(files),
  ...findMadeElsewhere(files),
  ...findStrayNames(files),
  ...findNeedlessExports(files).map((each) => `${each} is exported, and no other file imports it.`),
];
for (const line of found) console.log(line);
console.log(found.length === 0 ? `The walls hold in ${files.length} files.` : `${found.length} things to mend.`);
process.exitCode = found.length === 0 ? 0 : 1;
