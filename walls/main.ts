// `npm run walls`: prints what breaks a wall of the house, one line each, and exits with 1 if anything does.

import { fileURLToPath } from 'node:url';
import { findConstantsLikeVariables } from './constants.ts';
import { findNeedlessExports } from './exports.ts';
import { findBreaches } from './imports.ts';
import { findMadeElsewhere } from './makers.ts';
import { findStrayNames } from './names.ts';
import { readFiles, readSources } from './source.ts';
import { findForeignTables, findTablesWithoutOwner } from './tables.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const files = readSources(root);
const found = [
  ...findBreaches(files),
  ...findMadeElsewhere(files),
  ...findStrayNames(files),
  ...findConstantsLikeVariables(files),
  ...findForeignTables(files),
  ...findTablesWithoutOwner(readFiles(root, 'server/migrations/*.sql')),
  ...findNeedlessExports(files).map((each) => `${each} is exported, and no other file imports it.`),
];
for (const line of found) console.log(line);
console.log(found.length === 0 ? `The walls hold in ${files.length} files.` : `${found.length} things to mend.`);
process.exitCode = found.length === 0 ? 0 : 1;
