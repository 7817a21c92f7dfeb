// A test server with one app, for tests of the files door.

import { createHash } from 'node:crypto';
import { signDownload } from '../blobs/signed-url.ts';
import { startTestServer, type TestServer } from './server.ts';

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export interface FilesServer extends TestServer {
  app_id: string;
  app_uuid: string;
  /** Path and query of a signed download, valid now unless `nowMs` says otherwise. */
  urlOf(sha256: string, name?: string, nowMs?: number): string;
}

export async function startFilesServer(overrides: Parameters<typeof startTestServer>[0] = {}): Promise<FilesServer> {
  const server = await startTestServer(overrides);
  const app_id = 'com.example.files';
  const values = { app_id, owner_org: server.orgId, name: 'Files' };
  const { db } = server.parts.database;
  const { id: app_uuid } = await db.insertInto('apps').values(values).returning('id').executeTakeFirstOrThrow();
  const { secret } = server.parts.config;
  const urlOf = (sha256: string, name = 'file.bin', nowMs = Date.now()) =>
    signDownload({ secret, origin: '', appUuid: app_uuid, sha256, name, nowMs });
  return { ...server, app_id, app_uuid, urlOf };
}
