// Sound files that apps upload for spoken notifications.

import type { Db } from '../../db/database.ts';
import { refuse } from '../refusals.ts';

const LANGUAGES = ['en', 'zh-Hans', 'zh-Hant'] as const;
export const MAX_VOICE_BYTES = 2 * 1024 * 1024;

interface Voice {
  readonly language: string;
  readonly content_type: string;
  readonly content: Buffer;
}

export async function saveVoice(db: Db, app_id: string, voice: Voice): Promise<void> {
  if (!(LANGUAGES as readonly string[]).includes(voice.language)) {
    throw refuse('field_invalid', `language is not one of ${LANGUAGES.join(', ')}`);
  }
  const { language, ...values } = voice;
  await db
    .insertInto('push_voices')
    .values({ app_id, language, ...values })
    .onConflict((conflict) =>
      conflict.columns(['app_id', 'language']).doUpdateSet({ ...values, updated_at: new Date() }),
    )
    .execute();
}

export async function listVoices(db: Db, app_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('push_voices')
    .select('language')
    .where('app_id', '=', app_id)
    .orderBy('language')
    .execute();
  return rows.map((row) => row.language);
}

export async function findVoice(db: Db, app_id: string, language: string): Promise<Voice | undefined> {
  return db
    .selectFrom('push_voices')
    .select(['language', 'content_type', 'content'])
    .where('app_id', '=', app_id)
    .where('language', '=', language)
    .executeTakeFirst();
}

export async function deleteVoice(db: Db, app_id: string, language: string): Promise<void> {
  await db.deleteFrom('push_voices').where('app_id', '=', app_id).where('language', '=', language).execute();
}
