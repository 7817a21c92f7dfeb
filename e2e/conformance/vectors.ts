// Reads a folder of decision vectors: states and cases, plain or gzipped.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

interface VectorBundle {
  name: string;
  deleted: boolean;
  external_url: string | null;
  r2_path: string | null;
  checksum: string | null;
  session_key: string | null;
  key_id: string | null;
  min_update_version: string | null;
  link: string | null;
  comment: string | null;
  manifest: { file_name: string; file_hash: string; s3_path: string; file_size: number }[];
}

interface VectorChannel {
  name: string;
  version: string | null;
  rollout_version?: string | null;
  [flag: string]: unknown;
}

export interface VectorState {
  state: string;
  note?: string;
  app: { app_id: string; expose_metadata?: boolean; allow_device_custom_id?: boolean };
  bundles: VectorBundle[];
  channels: VectorChannel[];
  overrides: { device_id: string; channel: string }[] | Record<string, string>;
}

interface Expectation {
  status: number;
  answer?: unknown;
  partial?: boolean;
}

export interface VectorCase {
  id: string;
  state: string;
  seq?: string;
  step?: number;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  status: number;
  answer: unknown;
  differs?: string;
  expect?: Expectation;
}

export interface Vectors {
  states: VectorState[];
  cases: VectorCase[];
}

/** What was decided after the recording is in a file of its own: the recorded one stays as it was made. */
type DecidedLater = Required<Pick<VectorCase, 'id' | 'differs' | 'expect'>>;

export function readVectors(folder: string): Vectors {
  const later = new Map(readLines<DecidedLater>(folder, 'decided-later.jsonl', []).map((each) => [each.id, each]));
  const cases = readLines<VectorCase>(folder, 'cases.jsonl').map((each) => ({ ...each, ...later.get(each.id) }));
  return { states: readLines(folder, 'states.jsonl'), cases };
}

function readLines<T>(folder: string, name: string, absent?: T[]): T[] {
  const plain = join(folder, name);
  const packed = `${plain}.gz`;
  if (!existsSync(plain) && !existsSync(packed)) {
    if (absent) return absent;
    throw new Error(`${folder} has neither ${name} nor ${name}.gz`);
  }
  const text = existsSync(plain) ? readFileSync(plain, 'utf8') : gunzipSync(readFileSync(packed)).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as T);
}

/** Cases that may run side by side; the steps of a sequence stay together, in order. */
export function groupCases(cases: readonly VectorCase[]): VectorCase[][] {
  const sequences = Map.groupBy(
    cases.filter((each) => each.seq !== undefined),
    (each) => `${each.state} ${each.seq}`,
  );
  const ordered = [...sequences.values()].map((steps) => steps.toSorted((a, b) => (a.step ?? 0) - (b.step ?? 0)));
  return [...cases.filter((each) => each.seq === undefined).map((each) => [each]), ...ordered];
}
