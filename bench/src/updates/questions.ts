// What devices ask, and what bare Fastify answers in their place.

import { refusals } from '@overair/protocol/device/refusals';

const device = {
  app_id: 'com.bench.app@@@@@',
  device_id: '00000000-0000-4000-8000-############',
  platform: 'ios',
  plugin_version: '8.45.3',
  version_build: '1.0.0',
  version_code: '100',
  version_os: '19.1',
  custom_id: '',
  is_prod: true,
  is_emulator: false,
  defaultChannel: '',
};

/** It runs what is released. */
export const upToDate = JSON.stringify({ ...device, version_name: '1.0.1' });
/** It runs what came with the store. */
export const outdated = JSON.stringify({ ...device, version_name: 'builtin' });

export const noNews = {
  error: 'no_new_version_available',
  message: refusals.no_new_version_available.message,
  kind: refusals.no_new_version_available.kind,
};

/** As long as a real one. */
export const offer = {
  version: '1.0.1',
  url: `http://localhost:3000/files/d/${'0'.repeat(36)}/${'0'.repeat(64)}/1.0.1.zip?expires=1900000000&signature=${'0'.repeat(43)}`,
  session_key: '',
  checksum: '0'.repeat(64),
};
