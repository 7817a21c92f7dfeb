// Rows of the rollouts room: what the guard of each release knows.

import type { Generated, GeneratedAlways } from 'kysely';
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
  network_read_until: Timestamp | null;
  network_evidence: Generated<number[]>;
  held_at: Timestamp | null;
  held_reason: string | null;
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
  native: string | null;
  os: string | null;
  network: number | null;
}

export interface ReleasePlacesTable {
  release_id: number;
  scope: 'native' | 'os';
  place: string;
  opening_passed: Generated<number>;
  starting_passed: Generated<number>;
}

export interface PolledNumbersTable {
  id: GeneratedAlways<number>;
  app_id: string;
  channel_id: number;
  name: string;
  url: string;
  query_sealed: string | null;
  bound: number;
  worse: 'above' | 'below';
  interval_seconds: number;
  created_at: GeneratedTimestamp;
  next_poll_at: GeneratedTimestamp;
  polled_at: Timestamp | null;
  value: number | null;
  failure: string | null;
  failing_since: Timestamp | null;
}
