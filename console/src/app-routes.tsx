// The pages of one app.

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { readCompareSearch } from './pages/compare/compare-search.ts';
import { readDeviceSearch } from './pages/devices/device-search.ts';
import { readEventSearch } from './pages/events/event-search.ts';
import { readComposeSearch } from './pages/push-compose/compose-search.ts';
import { readReleaseSearch } from './pages/releases/release-search.ts';
import { app } from './route-roots.tsx';

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
const compare = createRoute({
  getParentRoute: () => app,
  path: '/compare',
  validateSearch: readCompareSearch,
  component: lazyRouteComponent(() => import('./pages/compare/compare-page.tsx'), 'ComparePage'),
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
const events = createRoute({
  getParentRoute: () => app,
  path: '/events',
  validateSearch: readEventSearch,
  component: lazyRouteComponent(() => import('./pages/events/events-page.tsx'), 'EventsPage'),
});
const push = createRoute({
  getParentRoute: () => app,
  path: '/push',
  component: lazyRouteComponent(() => import('./pages/push/push-page.tsx'), 'PushPage'),
});
const compose = createRoute({
  getParentRoute: () => app,
  path: '/push/new',
  validateSearch: readComposeSearch,
  component: lazyRouteComponent(() => import('./pages/push-compose/compose-page.tsx'), 'ComposePage'),
});
const audiences = createRoute({
  getParentRoute: () => app,
  path: '/push/audiences',
  component: lazyRouteComponent(() => import('./pages/push-audiences/audiences-page.tsx'), 'AudiencesPage'),
});
const message = createRoute({
  getParentRoute: () => app,
  path: '/push/$message',
  component: lazyRouteComponent(() => import('./pages/push-message/message-page.tsx'), 'MessagePage'),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
});

export const appRoutes = app.addChildren([
  now,
  releases,
  release,
  bundles,
  compare,
  channels,
  channel,
  devices,
  device,
  events,
  push,
  compose,
  audiences,
  message,
  settings,
]);
