// Rows of the rollouts room: what the guard of each release knows.

import type { Generated } from 'kysely';
import type { GeneratedTimestamp, Timestamp } from './accounts.ts';

export interface ReleaseGuardsTable {
  release_id: number;
  read_until: Timestamp;
  tolerance: number;
  known_devices: number;
  opening_passed: Generated<number>;
  opening_failed: Generated<number>;
  starting_passed: Generated<number>;
  starting_failed: Generated<number>;
  new_devices: Generated<number>;
  held_back: Generated<number>;
  acted: 'stop' | 'take_back' | 'tell' | null;
  acted_at: Timestamp | null;
  reason: string | null;
  e: number | null;
  kept_at: Timestamp | null;
}

export interface ReleaseSignalsTable {
  release_id: number;
  name: string;
  value: number;
  bound: number;
  worse: 'above' | 'below';
  is_breached: boolean;
  sent_at: GeneratedTimestamp;
}

export interface ReleaseDevicesTable {
  release_id: number;
  device_id: string;
  opening_failed: boolean | null;
  starting_failed: boolean | null;
  is_held_back: Generated<boolean>;
}
