// A child process that creates a PGlite database with today's schema in the folder it is given, and ends.

import { migrate } from './migrate.ts';
import { pgliteDatabase } from './pglite.ts';
import { openFolder } from './pglite-folder.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: pglite-init FOLDER');
// The server that wanted it was killed.
process.once('disconnect', () => process.exit(1));
const database = pgliteDatabase(await openFolder(folder), async () => {});
await migrate(database);
await database.close();
process.exit(0);
