// POST /files/missing: which bytes a client still has to send.

import { FindMissing, MissingHashes } from '@overair/protocol/files';
import { Type } from 'typebox';
import { findMissingObjects } from '../../blobs/stored-objects.ts';
import type { Parts } from '../../wiring.ts';
import type { AddUploadRoute } from './route.ts';

// 10,000 hashes with quotes and commas, and room for white space.
const MAX_BODY_BYTES = 2 * 1024 ** 2;

// Which words a missing or malformed app id gets is the same on every upload route.
const Body = Type.Object({ app_id: Type.Optional(Type.Unknown()), hashes: FindMissing.properties.hashes });

export function missingRoutes(add: AddUploadRoute, { database: { db } }: Pick<Parts, 'database'>): void {
  add({
    method: 'POST',
    url: '/missing',
    schema: { body: Body, response: { 200: MissingHashes } },
    maxBodyBytes: MAX_BODY_BYTES,
    about: ({ body }) => body as FindMissing,
    async run({ subject, target: { app_uuid } }) {
      const hashes = subject.hashes.map((hash) => hash.toLowerCase());
      return { missing: await findMissingObjects(db, app_uuid, hashes) };
    },
  });
}
