// Which apps does one call reach?

import type { PushGroup } from '@overair/protocol/manage/push';
import { useQueries, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { groups, pushApp } from '../../api/push-queries.ts';
import { ButtonLink } from '../../shell/button-link.tsx';
import { CopyBlock } from '../../ui/copy.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Page, Panel } from '../../ui/page.tsx';
import { Answered, Empty } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import { EditGroup } from './edit-group.tsx';
import { DeleteGroup, RotateSecret } from './group-acts.tsx';
import styles from './groups.module.css';
import { NewGroup } from './new-group.tsx';

const route = getRouteApi('/signed-in/org/$org/groups');

export function GroupsPage() {
  const { t } = useWords();
  const { org } = route.useParams();
  const query = useQuery(groups(org));
  return (
    <Page title={t('nav.groups')} lead={t('groups.lead')} actions={<NewGroup org={org} />}>
      <Answered query={query} rows={3}>
        {(all) =>
          all.length === 0 ? (
            <Panel>
              <Empty
                sentence={t('groups.none')}
                command="overair push-group create 'All apps' --apps com.example.app"
              />
            </Panel>
          ) : (
            all.map((group) => <Group key={group.group_key} org={org} group={group} />)
          )
        }
      </Answered>
    </Page>
  );
}

function Group({ org, group }: { org: string; group: PushGroup }) {
  const { t } = useWords();
  const { group_key, name, app_ids, enabled } = group;
  const [first] = app_ids;
  return (
    <Panel title={name} aside={<Mark tone={enabled ? 'good' : 'warn'}>{t(enabled ? 'groups.on' : 'groups.off')}</Mark>}>
      <div className={styles['group']}>
        <Members app_ids={app_ids} />
        <div>
          <p className={styles['label']}>{t('groups.key')}</p>
          <CopyBlock text={group_key} label={t('groups.key')} />
        </div>
        <div className={styles['acts']}>
          {first !== undefined && (
            <ButtonLink>
              <Link to="/app/$app/push/new" params={{ app: first }} search={{ group: group_key }}>
                <Icon name="send" size={16} />
                {t('groups.write', { name })}
              </Link>
            </ButtonLink>
          )}
          <EditGroup org={org} group={group} />
          <RotateSecret org={org} group={group} />
          <DeleteGroup org={org} group={group} />
        </div>
      </div>
    </Panel>
  );
}

/** The apps, and what each lacks to be reached. */
function Members({ app_ids }: { app_ids: readonly string[] }) {
  const { t } = useWords();
  const queries = useQueries({ queries: app_ids.map((app_id) => pushApp(app_id)) });
  if (app_ids.length === 0) return <p>{t('groups.empty')}</p>;
  return (
    <ul className={styles['members']}>
      {app_ids.map((app_id, index) => {
        const push = queries[index]?.data;
        const devices = Object.values(push?.devices ?? {}).reduce((sum, count) => sum + count, 0);
        return (
          <li key={app_id} data-row>
            <Link to="/app/$app/push" params={{ app: app_id }}>
              {app_id}
            </Link>
            {push && push.credentials.length === 0 && <Mark tone="warn">{t('groups.noCredential')}</Mark>}
            {push && push.credentials.length > 0 && <span>{t('push.reachable', { count: devices })}</span>}
          </li>
        );
      })}
    </ul>
  );
}
