// What stands behind the `?` of the list of releases.

interface ReleaseSearch {
  readonly channel?: string;
}

export const readReleaseSearch = (search: Record<string, unknown>): ReleaseSearch =>
  typeof search['channel'] === 'string' && search['channel'] !== '' ? { channel: search['channel'] } : {};
