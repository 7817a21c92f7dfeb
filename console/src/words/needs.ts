// What wants a person, from what releases say. Pure: the pages and the red bar draw it.

import type { Release } from '@overair/protocol/manage/release';

interface Need {
  /** `acted`: the guard stopped it, took it back or told of it, and nobody answered. `suspect`: evidence grows. */
  readonly kind: 'acted' | 'suspect';
  readonly release: Release;
}

/** An act that took everything back leaves nothing to answer; it is shown for a day. */
const TOLD_FOR_MS = 24 * 60 * 60 * 1000;
/** The guard acts at 1,000; from here on a person wants to know. */
const SUSPECT_FROM = 20;

/** The most urgent first. */
export function needsOf(releases: readonly Release[], now: number): Need[] {
  const needs = releases.flatMap((release): Need[] => {
    if (isUnanswered(release, now)) return [{ kind: 'acted', release }];
    const { ended_at, guard } = release;
    const isSuspect = ended_at === null && guard !== null && guard.kept_at === null && guard.e >= SUSPECT_FROM;
    return isSuspect ? [{ kind: 'suspect', release }] : [];
  });
  return needs.sort((a, b) => a.kind.localeCompare(b.kind));
}

function isUnanswered({ guard, ended_at }: Release, now: number): boolean {
  if (guard === null || guard.acted === null || guard.kept_at !== null) return false;
  if (ended_at === null) return true;
  return guard.acted === 'take_back' && guard.acted_at !== null && now - Date.parse(guard.acted_at) < TOLD_FOR_MS;
}

/** What each channel serves at present, the newest first. */
export function current(releases: readonly Release[]): Release[] {
  return releases
    .filter(({ ended_at }) => ended_at === null)
    .sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
}
