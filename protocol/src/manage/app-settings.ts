// Settings of an app that are stored as they come; name, icon and retention have rules of their own in app.ts.
import type { Settings } from './setting.ts';

const storeUrl = { type: 'text', minLength: 0, maxLength: 2048, default: null } as const;

export const appSettings = {
  default_upload_channel: {
    type: 'text',
    minLength: 1,
    maxLength: 200,
    default: 'dev',
    label: 'Upload channel',
    about: 'channel of uploads that name none',
    flag: { name: 'default-upload-channel' },
  },
  expose_metadata: {
    type: 'switch',
    default: false,
    decides: true,
    label: 'Metadata',
    about: "devices are told a bundle's link and comment",
    off: "a bundle's link and comment stay with you",
    flag: { name: 'expose-metadata' },
  },
  allow_preview: {
    type: 'switch',
    default: false,
    label: 'Preview',
    about: "kept for the vendor's previews, without effect",
    off: "kept for the vendor's previews, without effect",
  },
  allow_device_custom_id: {
    type: 'switch',
    default: true,
    decides: true,
    label: 'Custom ids',
    about: 'apps may name their devices',
    off: 'names that apps give their devices are ignored',
    flag: { name: 'allow-device-custom-id' },
  },
  need_onboarding: {
    type: 'switch',
    default: false,
    label: 'Onboarding',
    about: "kept for the vendor's console, without effect",
    off: "kept for the vendor's console, without effect",
  },
  existing_app: {
    type: 'switch',
    default: false,
    label: 'Existing app',
    about: "kept for the vendor's console, without effect",
    off: "kept for the vendor's console, without effect",
  },
  block_provider_infra_requests: {
    type: 'switch',
    default: true,
    decides: true,
    label: 'Store machines',
    about: "the stores' own machines get no updates and are counted nowhere",
    off: "the stores' own machines are treated like phones",
    flag: { name: 'block-provider-infra-requests' },
  },
  ios_store_url: { ...storeUrl, label: 'App Store', about: 'page of the app in the App Store' },
  android_store_url: { ...storeUrl, label: 'Google Play', about: 'page of the app in Google Play' },
} as const satisfies Settings;

export type AppSettings = typeof appSettings;
