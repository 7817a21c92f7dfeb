// The filters of the audit log, as they stand behind the `?`.

export interface AuditSearch {
  readonly about?: string;
  readonly kind?: string;
}

export function readAuditSearch({ about, kind }: Record<string, unknown>): AuditSearch {
  return {
    ...(typeof about === 'string' && about !== '' && { about }),
    ...(typeof kind === 'string' && kind !== '' && { kind }),
  };
}
