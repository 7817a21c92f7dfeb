// What an updater plugin asks POST /updates, on a phone that still runs its store bundle.

/** `fields` replaces what a test is about. */
export function phoneQuestion(app_id: string, plugin_version: string, fields: Record<string, unknown> = {}) {
  return {
    app_id,
    device_id: '5b3f1c1e-6a7d-4a53-9d0f-3f0d1a2b3c4d',
    platform: 'android',
    plugin_version,
    version_name: 'builtin',
    version_build: '1.0.0',
    version_code: '1',
    version_os: '14',
    is_emulator: false,
    is_prod: true,
    ...fields,
  };
}
