// Every address of the console and the page behind it. Pages load when they are opened first.

import { createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { appRoutes } from './app-routes.tsx';
import { consolePath } from './base-path.ts';
import { organizationRoutes } from './organization-routes.tsx';
import { root, signedIn } from './route-roots.tsx';

/** Where to go after signing in: an address of this console, and nothing else. */
const readReturn = (search: Record<string, unknown>): { to?: string; error?: string } => ({
  ...(typeof search['to'] === 'string' && /^\/(?![/\\])/.test(search['to']) && { to: search['to'] }),
  ...(typeof search['error'] === 'string' && { error: search['error'] }),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readReturn,
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
});
const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/setup/setup-page.tsx'), 'SetUpPage'),
});
const invite = createRoute({
  getParentRoute: () => root,
  path: '/invite/$token',
  validateSearch: readReturn,
  component: lazyRouteComponent(() => import('./pages/invite/invite-page.tsx'), 'InvitePage'),
});

const allApps = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/all-apps/all-apps-page.tsx'), 'AllAppsPage'),
});
const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('./pages/account/account-page.tsx'), 'AccountPage'),
});

const server = createRoute({
  getParentRoute: () => signedIn,
  path: '/server',
  component: lazyRouteComponent(() => import('./pages/server/server-page.tsx'), 'ServerPage'),
});

const routeTree = root.addChildren([
  signIn,
  setUp,
  invite,
  signedIn.addChildren([allApps, account, server, appRoutes, organizationRoutes]),
]);

export const router = createRouter({
  routeTree,
  basepath: consolePath,
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
