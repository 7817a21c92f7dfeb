// The server itself: what `/server` answers its owner.
import { type Static, Type } from 'typebox';
import { answer, nullable, onlyKnown, Timestamp } from './formats.ts';

export const ReadServer = Type.Object({}, onlyKnown);

export const ServerState = answer({
  version: Type.String(),
  node: Type.String(),
  public_url: Type.String(),
  started_at: Timestamp,
  database: answer({
    engine: Type.String({ description: 'pglite: embedded in the process; postgres: a server of its own' }),
    bytes: Type.Integer(),
    state: Type.String({ description: 'ok, or stale while devices are answered from memory' }),
  }),
  storage: Type.String({ description: 'file or s3' }),
  processes: Type.Array(
    answer({
      host: Type.String(),
      roles: Type.Array(Type.String()),
      reported_at: Timestamp,
      changes: Type.String({ description: 'heard: at once; polled: every few seconds' }),
      disks: Type.Array(answer({ folder: Type.String(), free_bytes: Type.Integer(), size_bytes: Type.Integer() })),
    }),
    { description: 'this one first, then the others that reported within three minutes' },
  ),
  queues: Type.Array(answer({ queue: Type.String(), due: Type.Integer(), oldest_at: nullable(Timestamp) }), {
    description: 'with jobs that are due and have not begun',
  }),
});
export type ServerState = Static<typeof ServerState>;
