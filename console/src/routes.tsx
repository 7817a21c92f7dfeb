// Every address of the console and the page behind it. Pages load when they are opened first.

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { me, ways } from './api/queries.ts';
import { isSignedOut, queryClient } from './api/query-client.ts';
import { consolePath } from './base-path.ts';
import { readDeviceSearch } from './pages/devices/device-search.ts';
import { readReleaseSearch } from './pages/releases/release-search.ts';
import { Frame } from './shell/frame.tsx';
import { NotFound } from './shell/not-found.tsx';
import { PageFault } from './shell/page-fault.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageFault });

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

const signedIn = createRoute({
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

const app = createRoute({ getParentRoute: () => signedIn, path: '/app/$app', component: Outlet });
const now = createRoute({
  getParentRoute: () => app,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/now/now-page.tsx'), 'NowPage'),
});
const releases = createRoute({
  getParentRoute: () => app,
  path: '/releases',
  validateSearch: readReleaseSearch,
  component: lazyRouteComponent(() => import('./pages/releases/releases-page.tsx'), 'ReleasesPage'),
});
const release = createRoute({
  getParentRoute: () => app,
  path: '/releases/$id',
  component: lazyRouteComponent(() => import('./pages/release/release-page.tsx'), 'ReleasePage'),
});
const bundles = createRoute({
  getParentRoute: () => app,
  path: '/bundles',
  component: lazyRouteComponent(() => import('./pages/bundles/bundles-page.tsx'), 'BundlesPage'),
});
const channels = createRoute({
  getParentRoute: () => app,
  path: '/channels',
  component: lazyRouteComponent(() => import('./pages/channels/channels-page.tsx'), 'ChannelsPage'),
});
const channel = createRoute({
  getParentRoute: () => app,
  path: '/channels/$name',
  component: lazyRouteComponent(() => import('./pages/channel/channel-page.tsx'), 'ChannelPage'),
});
const devices = createRoute({
  getParentRoute: () => app,
  path: '/devices',
  validateSearch: readDeviceSearch,
  component: lazyRouteComponent(() => import('./pages/devices/devices-page.tsx'), 'DevicesPage'),
});
const device = createRoute({
  getParentRoute: () => app,
  path: '/devices/$device',
  component: lazyRouteComponent(() => import('./pages/device/device-page.tsx'), 'DevicePage'),
});

const routeTree = root.addChildren([
  signIn,
  setUp,
  invite,
  signedIn.addChildren([
    allApps,
    account,
    app.addChildren([now, releases, release, bundles, channels, channel, devices, device]),
  ]),
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
