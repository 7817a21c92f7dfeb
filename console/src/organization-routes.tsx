// The pages of one organization.

import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { organization } from './route-roots.tsx';

const groups = createRoute({
  getParentRoute: () => organization,
  path: '/groups',
  component: lazyRouteComponent(() => import('./pages/groups/groups-page.tsx'), 'GroupsPage'),
});

export const organizationRoutes = organization.addChildren([groups]);
