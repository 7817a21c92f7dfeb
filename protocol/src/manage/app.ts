// Apps: what `/app` takes and answers.
import { type Static, Type } from 'typebox';
import { appSettings } from './app-settings.ts';
import {
  answer,
  appIdField,
  ExpectedUpdatedAt,
  invalidAppId,
  nullableString,
  onlyKnown,
  Page,
  refusal,
  Timestamp,
  Uuid,
} from './formats.ts';
import { answerFields, inputFields } from './setting-schemas.ts';

export const App = answer({
  app_id: Type.String(),
  created_at: Timestamp,
  icon_url: Type.String(),
  id: Uuid,
  last_version: nullableString(),
  name: Type.String(),
  owner_org: Uuid,
  retention: Type.Integer({ description: '1..730 are days, larger numbers seconds, 0 keeps for ever' }),
  transfer_history: Type.Unsafe<unknown[] | null>({ type: ['array', 'null'], items: {} }),
  updated_at: Timestamp,
  user_id: nullableString({ format: 'uuid' }),
  ...answerFields(appSettings),
  channel_device_count: Type.Integer(),
  manifest_bundle_count: Type.Integer(),
});
export type App = Static<typeof App>;

export const AppList = answer({ data: Type.Array(App) });
export type AppList = Static<typeof AppList>;

export const ListApps = Type.Object(
  {
    page: Page,
    limit: Type.Optional(Type.Integer({ minimum: 1, default: 50, description: 'at most 1000' })),
    org_id: Type.Optional(Type.String()),
  },
  onlyKnown,
);
export type ListApps = Static<typeof ListApps>;

export const AppPath = Type.Object({ app_id: appIdField() });
export type AppPath = Static<typeof AppPath>;

const Name = { minLength: 1, maxLength: 200 };
const settings = inputFields(appSettings, { nullKeeps: false });

export const CreateApp = Type.Object({
  app_id: Type.String({
    ...appIdField(),
    'x-missing': refusal('missing_app_id', 'Missing app_id'),
    'x-invalid': invalidAppId,
  }),
  name: Type.String({ ...Name, 'x-missing': refusal('missing_name', 'Missing name') }),
  owner_org: Type.String({ 'x-missing': refusal('missing_owner_org', 'Missing owner_org') }),
  icon: Type.Optional(nullableString({ maxLength: 2048 })),
  need_onboarding: settings.need_onboarding,
  existing_app: settings.existing_app,
  ios_store_url: settings.ios_store_url,
  android_store_url: settings.android_store_url,
});
export type CreateApp = Static<typeof CreateApp>;

export const MAX_RETENTION = 63_113_903;

export const UpdateApp = Type.Object({
  name: Type.Optional(Type.String(Name)),
  icon: Type.Optional(nullableString({ maxLength: 2048 })),
  retention: Type.Optional(Type.Integer({ 'x-late': true, description: `0..${MAX_RETENTION}` })),
  ...settings,
  expected_updated_at: ExpectedUpdatedAt,
});
export type UpdateApp = Static<typeof UpdateApp>;
