// What an update costs a device that runs the previous bundle, which files cause it, and what to change in the build.

import { basename } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflateRaw } from 'node:zlib';
import { inParallel } from '../in-parallel.ts';
import { formatBytes } from '../terminal/style.ts';
import { type Cause, explainDifference, stemOf } from './cause.ts';
import type { Snapshot, SnapshotFile } from './snapshot.ts';

interface FileCost {
  name: string;
  /** Bytes a device downloads for it, about. */
  cost: number;
  bytes: number;
  cause: Cause;
  /** Share of the file that is new, 0 to 1. */
  changed_share: number;
  previous: string | null;
}

interface Tip {
  cause: Cause | 'source_map';
  files: number;
  cost: number;
  message: string;
}

export interface Advice {
  /** Bytes of a whole zip, about. */
  zip_bytes: number;
  /** Bytes of the files that a device does not have. */
  delta_bytes: number;
  files: number;
  reused_files: number;
  /** Most expensive first. */
  costs: FileCost[];
  tips: Tip[];
}

const AT_ONCE = 4;
const ENTRY_OVERHEAD_BYTES = 120;
/** Causes that cost less are not worth a word. */
const MIN_TIP_SHARE = 0.02;

const deflate = promisify(deflateRaw);
const brotli = promisify(brotliCompress);
// A quick estimate; what is uploaded is packed somewhat better.
const QUICK = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** `zipBytes`: the size of the zip of `after`, where one lies on disk already. */
export async function advise(before: Snapshot, after: Snapshot, zipBytes?: number): Promise<Advice> {
  const files = [...after.values()];
  // Devices keep files by content and base name.
  const kept = new Set([...before.values()].map(keepingName));
  const fresh = files.filter((file) => file.bytes > 0 && !kept.has(keepingName(file)));
  const findPrevious = predecessors(before, after);
  const costs = await inParallel(fresh, AT_ONCE, async (file): Promise<FileCost> => {
    const previous = findPrevious(file);
    const { cause, changedShare } = judge(file, previous);
    const cost = Math.min(file.bytes, (await brotli(file.content, QUICK)).length);
    return {
      name: file.name,
      cost,
      bytes: file.bytes,
      cause,
      changed_share: changedShare,
      previous: previous?.name ?? null,
    };
  });
  costs.sort((a, b) => b.cost - a.cost);
  const delta_bytes = costs.reduce((sum, { cost }) => sum + cost, 0);
  return {
    zip_bytes: zipBytes ?? (await estimateZip(files)),
    delta_bytes,
    files: files.length,
    reused_files: files.length - fresh.length,
    costs,
    tips: makeTips(costs, delta_bytes),
  };
}

async function estimateZip(files: SnapshotFile[]): Promise<number> {
  const sizes = await inParallel(files, AT_ONCE, async ({ content }) => (await deflate(content)).length);
  return sizes.reduce((sum, bytes) => sum + bytes + ENTRY_OVERHEAD_BYTES, 0);
}

const keepingName = ({ hash, name }: SnapshotFile) => `${hash}_${basename(name)}`;

function judge(file: SnapshotFile, previous: SnapshotFile | undefined): { cause: Cause; changedShare: number } {
  if (!previous) return { cause: 'new', changedShare: 1 };
  if (previous.hash === file.hash) return { cause: 'renamed', changedShare: 0 };
  return explainDifference(file.name, previous.content, file.content);
}

/** The same name, the same content, or the same name but for a hash in it, among files that are gone. */
function predecessors(before: Snapshot, after: Snapshot): (file: SnapshotFile) => SnapshotFile | undefined {
  const gone = [...before.values()].filter(({ name }) => !after.has(name));
  const byHash = new Map([...before.values()].map((file) => [file.hash, file]));
  const byStem = new Map(gone.map((file) => [stemOf(file.name), file]));
  return (file) => byHash.get(file.hash) ?? before.get(file.name) ?? byStem.get(stemOf(file.name));
}

function makeTips(costs: FileCost[], total: number): Tip[] {
  const tips: Tip[] = [];
  for (const [cause, text] of Object.entries(TIPS) as [Cause, (files: FileCost[]) => string][]) {
    const files = costs.filter((file) => file.cause === cause);
    const cost = files.reduce((sum, file) => sum + file.cost, 0);
    if (files.length === 0 || cost < total * MIN_TIP_SHARE) continue;
    tips.push({ cause, files: files.length, cost, message: text(files) });
  }
  const maps = costs.filter(({ name }) => name.endsWith('.map'));
  const cost = maps.reduce((sum, file) => sum + file.cost, 0);
  if (maps.length > 0 && cost >= total * MIN_TIP_SHARE)
    tips.push({ cause: 'source_map', files: maps.length, cost, message: MAP_TIP });
  return tips.sort((a, b) => b.cost - a.cost);
}

const count = (files: FileCost[]) =>
  files.length === 1 ? `${files[0]!.name} differs` : `${files.length} files differ`;

const TIPS: Partial<Record<Cause, (files: FileCost[]) => string>> = {
  stamp: (files) =>
    `${count(files)} only by a version, date or commit id. Keep the stamp in one small file that the app reads, not in a banner of every file.`,
  references: (files) =>
    `${count(files)} only by the hashed names of other files: one change renames everything that imports it. Reference chunks through an import map, or turn off hashes in names; devices tell files apart by content.`,
  monolith: ([largest]) =>
    `In ${largest!.name} ${percent(largest!.changed_share)} is new, but all ${formatBytes(largest!.cost)} travel. Split libraries from your own code (manualChunks, splitChunks), so that a change stays in a small file.`,
  reshuffled: ([largest]) =>
    `${largest!.name} differs nearly everywhere at the same size: the minifier chose other names, or modules changed their order. Use smaller chunks and deterministic module ids.`,
  renamed: (files) =>
    `${files.length === 1 ? `${files[0]!.name} has` : `${files.length} files have`} the same content under another name, and travel again. Derive names from content, or leave them alone.`,
};

const MAP_TIP =
  'Source maps travel to every phone, where nobody reads them. Build without them, or move them out of the web folder.';

const percent = (share: number) => `${share < 0.01 ? 'less than 1' : Math.round(share * 100)} %`;
