// What stands behind the `?` of the page that writes a push: whom it is for.

interface ComposeSearch {
  /** A group key: to every app of the group instead of this one. */
  readonly group?: string;
  /** The id of a stored audience. */
  readonly segment?: string;
}

export function readComposeSearch(search: Record<string, unknown>): ComposeSearch {
  const { group, segment } = search;
  return {
    ...(typeof group === 'string' && group !== '' && { group }),
    ...(typeof segment === 'string' && segment !== '' && { segment }),
  };
}
