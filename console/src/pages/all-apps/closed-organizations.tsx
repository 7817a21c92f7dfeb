// Organizations that want a second factor which this sign-in did not use: their apps are missing from the list, and this says why.

import type { Me } from '@overair/protocol/session/sign-in';
import { Link } from '@tanstack/react-router';
import { Icon } from '../../ui/icons.tsx';
import { Verdict } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';

export function ClosedOrganizations({ organizations }: { organizations: Me['organizations'] }) {
  const { t } = useWords();
  const closed = organizations.filter(({ is_open }) => !is_open);
  if (closed.length === 0) return null;
  return (
    <Verdict
      tone="warn"
      icon={<Icon name="key" size={24} />}
      sub={<Link to="/account">{t('allApps.closed.mend')}</Link>}
    >
      {t('allApps.closed', { orgs: closed.map(({ name }) => name).join(', ') })}
    </Verdict>
  );
}
