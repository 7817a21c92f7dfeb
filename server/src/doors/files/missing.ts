// POST /files/missing: which bytes a client still has to send.
import { FindMissing, MissingHashes } from '@overair/protocol/files';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { findMissingObjects } from '../../blobs/stored-objects.ts';
import type { Parts } from '../../wiring.ts';
import type { Authorize } from './auth.ts';

// 10,000 hashes with quotes and commas, and room for white space.
const bodyLimit = 2 * 1024 ** 2;

// Which words a missing or malformed app id gets is the same on every upload route.
const Body = Type.Object({ app_id: Type.Optional(Type.Unknown()), hashes: FindMissing.properties.hashes });

export function missingRoutes(door: FastifyInstance, { database }: Parts, authorize: Authorize): void {
  const schema = { body: Body, response: { 200: MissingHashes } };
  door.post<{ Body: FindMissing }>('/missing', { schema, bodyLimit }, async (request) => {
    const { app_uuid } = await authorize(request, request.body.app_id);
    const hashes = request.body.hashes.map((hash) => hash.toLowerCase());
    return { missing: await findMissingObjects(database.db, app_uuid, hashes) };
  });
}
