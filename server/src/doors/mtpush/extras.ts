// What SDKs call besides: the plan of the account, voices, and the picture upload of one phone maker.

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { findPushAppByKey } from '../../push/owner/apps.ts';
import { deleteVoice, findVoice, listVoices, MAX_VOICE_BYTES, saveVoice } from '../../push/owner/voices.ts';
import type { PushRoom } from '../../push/room.ts';
import { Done, done } from './answers.ts';
import { pushError } from './dialect/numbers.ts';
import { param, query, readJsonObject } from './input.ts';
import type { AddRoute } from './route.ts';

/** Nothing here is sold, so the plan never ends: 2100-01-01. */
const NEVER_SECONDS = 4_102_444_800;

const VipStatus = Type.Object({ vip_status: Type.Integer(), vip_end_time: Type.Integer() });
const VoiceAnswer = Type.Object({ language: Type.String(), file_url: Type.String() });
const PictureAnswer = Type.Object({
  big_picture_id: Type.Optional(Type.String()),
  small_picture_id: Type.Optional(Type.String()),
});

export function extraRoutes(add: AddRoute, room: PushRoom): void {
  add({
    method: 'GET',
    url: '/app/vip/status',
    auth: 'app',
    answer: VipStatus,
    run() {
      return { vip_status: 1, vip_end_time: NEVER_SECONDS };
    },
  });

  add({
    method: 'POST',
    url: '/image/oppo',
    auth: 'app',
    answer: PictureAnswer,
    run({ request }) {
      return nameOfPicture(readJsonObject(request));
    },
  });

  voiceRoutes(add, room);
}

function voiceRoutes(add: AddRoute, room: PushRoom): void {
  const urlOf = (app_key: string, language: string) => `${room.publicUrl}/v4/voices/file/${app_key}/${language}`;

  add({
    method: 'POST',
    url: '/voices',
    auth: 'app',
    maxBodyBytes: MAX_VOICE_BYTES,
    answer: VoiceAnswer,
    async run({ app: { app_id, app_key }, request }) {
      const voice = await readVoice(request);
      await saveVoice(room.db, app_id, voice);
      return { language: voice.language, file_url: urlOf(app_key, voice.language) };
    },
  });

  add({
    method: 'GET',
    url: '/voices',
    auth: 'app',
    answer: Type.Array(VoiceAnswer),
    async run({ app: { app_id, app_key } }) {
      const languages = await listVoices(room.db, app_id);
      return languages.map((language) => ({ language, file_url: urlOf(app_key, language) }));
    },
  });

  add({
    method: 'GET',
    url: '/voices/:language',
    auth: 'app',
    answer: VoiceAnswer,
    async run({ app: { app_id, app_key }, request }) {
      const voice = await findVoice(room.db, app_id, param(request, 'language'));
      if (!voice) throw pushError(21003, 'there is no voice in this language');
      return { language: voice.language, file_url: urlOf(app_key, voice.language) };
    },
  });

  // Phones fetch it: the URL is the only credential, as it is for icons.
  add({
    method: 'GET',
    url: '/voices/file/:app_key/:language',
    auth: 'anybody',
    async run({ request, reply }) {
      const app = await findPushAppByKey(room.db, param(request, 'app_key'));
      const voice = app && (await findVoice(room.db, app.app_id, param(request, 'language')));
      if (!voice) throw pushError(21003, 'there is no voice in this language');
      return reply
        .type(voice.content_type)
        .header('x-content-type-options', 'nosniff')
        .send(Buffer.from(voice.content));
    },
  });

  add({
    method: 'DELETE',
    url: '/voices/:language',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await deleteVoice(room.db, app_id, param(request, 'language'));
      return done;
    },
  });

  add({
    method: 'DELETE',
    url: '/voices',
    auth: 'app',
    answer: Done,
    async run({ app: { app_id }, request }) {
      await deleteVoice(room.db, app_id, query(request, 'language') ?? '');
      return done;
    },
  });
}

async function readVoice(request: FastifyRequest) {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const body = Buffer.isBuffer(request.body) ? new Uint8Array(request.body) : new Uint8Array();
  const form = await new Response(body, { headers }).formData().catch(() => {
    throw pushError(21003, 'the body is not multipart/form-data');
  });
  const language = form.get('language');
  const file = form.get('file');
  if (typeof language !== 'string') throw pushError(21002, 'language');
  if (!(file instanceof File)) throw pushError(21002, 'file');
  // What is no sound is served as bytes, so that nobody can host a page here.
  const content_type = file.type.startsWith('audio/') ? file.type : 'application/octet-stream';
  return { language, content_type, content: Buffer.from(await file.arrayBuffer()) };
}

function nameOfPicture({ big_picture_url, small_picture_url }: Record<string, unknown>) {
  const given = [big_picture_url, small_picture_url].filter((url) => typeof url === 'string' && url !== '');
  if (given.length !== 1) throw pushError(21003, 'exactly one of big_picture_url and small_picture_url is needed');
  const id = createHash('sha256').update(String(given[0])).digest('hex').slice(0, 32);
  return big_picture_url ? { big_picture_id: id } : { small_picture_id: id };
}
