// What a source of matters is. A new one: a file in sources/, a line in sources.ts, its kind in protocol/src/manage/attention.ts.

import type { AttentionKind, AttentionSeverity } from '@overair/protocol/manage/attention';
import type { AppIds } from '../accounts/apps.ts';
import type { Permission } from '../accounts/rights.ts';
import type { AttentionRoom } from './room.ts';

/** What somebody has to look at. */
export interface Found {
  /** Of the matter among those of its kind; the same for as long as it lasts, and after it came back. */
  readonly key: string;
  readonly severity: AttentionSeverity;
  /** Null: it is about the server. */
  readonly app_id: string | null;
  readonly channel?: { readonly id: number; readonly name: string };
  /** One sentence with its full stop, which says where. */
  readonly message: string;
  /** Null where nobody knows: then it is when it was noticed. */
  readonly since: Date | null;
  /** What to do about it, without the name of the program. */
  readonly command: string | null;
  /** Below `/ui`. */
  readonly link: string;
}

export interface Scope {
  readonly apps: AppIds;
  /** Matters of the server itself are asked for. */
  readonly withServer: boolean;
  /** At most so many of a kind. */
  readonly limit: number;
  readonly now: Date;
}

export interface Source {
  readonly kind: AttentionKind;
  /** Who sees its matters may do this: on the channel where the matter names one, in its app, or in the organization of the server's owner. */
  readonly needs: Permission;
  /** Who may say that somebody knows may do that. */
  readonly answeredBy: Permission;
  /** It is over as soon as it is not found any more; else when it stayed away for some minutes, because what is measured wavers. */
  readonly endsAtOnce?: true;
  find(room: AttentionRoom, scope: Scope): Promise<readonly Found[]>;
}

export interface MatterFound extends Found {
  readonly id: string;
  readonly kind: AttentionKind;
}

export const appLink = (app_id: string, rest = ''): string => `/app/${encodeURIComponent(app_id)}${rest}`;
