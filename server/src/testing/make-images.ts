// A process of its own: makes the databases that every test on the embedded engine starts from, as images in a folder.

import { PGlite } from '@electric-sql/pglite';
import { pgliteDatabase } from '../db/pglite.ts';
import { emptyImage, preparedImage, saveImage, takeImage } from './database-image.ts';
import { prepareDatabase } from './prepare-database.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: make-images FOLDER');
// Small segments of the log: each database that writes makes a copy of one.
const pglite = await PGlite.create({ initDbStartParams: ['--wal-segsize=1'] });
const database = pgliteDatabase(pglite, async () => {});
saveImage(emptyImage(folder), await takeImage(pglite));
await prepareDatabase(database);
saveImage(preparedImage(folder), await takeImage(pglite));
await database.close();
