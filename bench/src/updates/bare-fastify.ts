// The baseline of /updates: a bare Fastify route that parses and validates the same body and answers a constant.

import Fastify from 'fastify';
import { Type } from 'typebox';
import { noNews, offer } from './questions.ts';

const text = Type.String({ minLength: 1 });

const body = Type.Object({
  app_id: Type.String({ pattern: '^[a-zA-Z0-9]+(\\.[\\w-]+)+$' }),
  device_id: Type.String({
    pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
    maxLength: 36,
  }),
  platform: Type.Union([Type.Literal('ios'), Type.Literal('android'), Type.Literal('electron')]),
  plugin_version: text,
  version_build: text,
  version_name: text,
  version_code: Type.Optional(Type.String()),
  version_os: Type.Optional(Type.String()),
  custom_id: Type.Optional(Type.String()),
  is_prod: Type.Optional(Type.Boolean()),
  is_emulator: Type.Optional(Type.Boolean()),
  defaultChannel: Type.Optional(Type.String()),
});

const noNewsReply = Type.Object({ error: Type.String(), message: Type.String(), kind: Type.String() });
const offerReply = Type.Object({
  version: Type.String(),
  url: Type.String(),
  session_key: Type.String(),
  checksum: Type.String(),
});

const app = Fastify();
app.get('/readyz', () => ({ status: 'ok' }));
app.post('/updates', { schema: { body, response: { 200: noNewsReply } } }, (_request, reply) => reply.send(noNews));
app.post('/offer', { schema: { body, response: { 200: offerReply } } }, (_request, reply) => reply.send(offer));
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit());
