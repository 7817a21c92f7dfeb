// The way to the page about a matter, where this console has it.

import type { Matter } from '@overair/protocol/manage/attention';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { matterPath } from '../words/matters.ts';

export function MatterLink({ matter, children }: { matter: Matter; children: ReactNode }) {
  const path = matterPath(matter);
  // An address that the server gives is a string to the router.
  return path === undefined ? null : <Link to={path as '/'}>{children}</Link>;
}
