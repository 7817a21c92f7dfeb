// The name of a group and the apps in it. Only apps with push can be members.

import { useQuery } from '@tanstack/react-query';
import { organizationApps } from '../../api/organization-queries.ts';
import { CheckField, TextField } from '../../ui/field.tsx';
import { Answered } from '../../ui/states.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './groups.module.css';

export interface GroupDraft {
  readonly name: string;
  readonly app_ids: readonly string[];
}

interface GroupFieldsProps {
  readonly org: string;
  readonly draft: GroupDraft;
  readonly onChange: (part: Partial<GroupDraft>) => void;
}

export function GroupFields({ org, draft: { name, app_ids }, onChange }: GroupFieldsProps) {
  const { t } = useWords();
  const query = useQuery(organizationApps(org));
  return (
    <>
      <TextField label={t('label.name')} required value={name} onChange={(value) => onChange({ name: value })} />
      <fieldset className={styles['choices']}>
        <legend>{t('groups.apps')}</legend>
        <Answered query={query} rows={2}>
          {(apps) =>
            apps.map((app) => (
              <CheckField
                key={app.app_id}
                label={app.name}
                help={app.app_id}
                isOn={app_ids.includes(app.app_id)}
                onChange={(isOn) =>
                  onChange({
                    app_ids: isOn ? [...app_ids, app.app_id] : app_ids.filter((each) => each !== app.app_id),
                  })
                }
              />
            ))
          }
        </Answered>
      </fieldset>
    </>
  );
}
