// The thread of the embedded database. It loads the database's own modules and no more: each is in memory a second time.

import { workerData } from 'node:worker_threads';
import { serveEngine } from './engine-service.ts';
import { openFolder } from './pglite-folder.ts';

await serveEngine(openFolder((workerData as { folder: string }).folder));
