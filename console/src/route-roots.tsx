// The routes that others hang on: the root, and what only a signed-in person sees.

import { createRootRoute, createRoute, Outlet, redirect } from '@tanstack/react-router';
import { me, ways } from './api/queries.ts';
import { isSignedOut, queryClient } from './api/query-client.ts';
import { Frame } from './shell/frame.tsx';
import { NotFound } from './shell/not-found.tsx';
import { PageFault } from './shell/page-fault.tsx';

export const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageFault });

export const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Frame,
  async beforeLoad({ location }) {
    try {
      await queryClient.ensureQueryData(me);
    } catch (error) {
      if (!isSignedOut(error)) throw error;
      const { needs_setup } = await queryClient.ensureQueryData(ways);
      if (needs_setup) throw redirect({ to: '/setup' });
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
    }
  },
});

export const app = createRoute({ getParentRoute: () => signedIn, path: '/app/$app', component: Outlet });
export const organization = createRoute({ getParentRoute: () => signedIn, path: '/org/$org', component: Outlet });
