// How safe is this organization?

import type { OrganizationSettings } from '@overair/protocol/manage/organization';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { keys, members, organization } from '../../api/organization-queries.ts';
import { useOrganizationObstacle } from '../../api/rights.ts';
import { useProof } from '../../shell/step-up.tsx';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { CheckField, TextField } from '../../ui/field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Page, Panel, Verdict } from '../../ui/page.tsx';
import { Answered } from '../../ui/states.tsx';
import { safetyOf } from '../../words/safety.ts';
import { useWords } from '../../words/words.tsx';
import styles from './security.module.css';

const route = getRouteApi('/signed-in/org/$org/security');

export function SecurityPage() {
  const { t } = useWords();
  const { org } = route.useParams();
  const query = useQuery(organization(org));
  return (
    <Page title={t('nav.security')} lead={query.data?.name}>
      <Answered query={query} rows={4}>
        {(settings) => (
          <>
            <Safety org={org} settings={settings} />
            <Rules settings={settings} />
          </>
        )}
      </Answered>
    </Page>
  );
}

function Safety({ org, settings }: { org: string; settings: OrganizationSettings }) {
  const { t } = useWords();
  const { data: people } = useQuery(members(org));
  const { data: own } = useQuery(keys);
  const weak = safetyOf(settings, people ?? [], own ?? []);
  return (
    <Verdict
      tone={weak.length === 0 ? 'good' : 'warn'}
      icon={<Icon name={weak.length === 0 ? 'good' : 'warn'} size={26} />}
    >
      {weak.length === 0 ? t('security.good') : t('security.weak', { count: weak.length })}
      {weak.length > 0 && (
        <span className={styles['weak']}>
          {weak.map(({ id, values }) => (
            <span key={id}>{t(id, values)}</span>
          ))}
        </span>
      )}
    </Verdict>
  );
}

const SWITCHES = ['enforcing_2fa', 'require_apikey_expiration', 'enforce_encrypted_bundles'] as const;
type Draft = Partial<Pick<OrganizationSettings, (typeof SWITCHES)[number] | 'name' | 'management_email'>> & {
  readonly max_apikey_expiration_days?: number;
};

function Rules({ settings }: { settings: OrganizationSettings }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const prove = useProof();
  const { id: orgId } = settings;
  const obstacle = useOrganizationObstacle(orgId, 'admin');
  const [draft, setDraft] = useState<Draft>({});
  const change = (part: Draft) => setDraft((before) => ({ ...before, ...part }));
  const shown = { ...settings, ...draft };
  const save = useMutation({
    mutationFn: () => prove(() => api.organizations.update({ orgId, ...draft })),
    async onSuccess() {
      setDraft({});
      say(t('settings.saved'));
      await cache.invalidateQueries();
    },
  });
  const isChanged = Object.keys(draft).length > 0;
  return (
    <Panel title={t('security.rules')}>
      <ActForm
        act={save}
        submit={t('action.save')}
        isMain
        notNow={obstacle ?? (isChanged ? undefined : t('settings.unchanged'))}
      >
        <TextField label={t('label.name')} required value={shown.name} onChange={(name) => change({ name })} />
        <TextField
          label={t('security.email')}
          help={t('security.email.help')}
          type="email"
          value={shown.management_email}
          onChange={(management_email) => change({ management_email })}
        />
        {SWITCHES.map((name) => (
          <CheckField
            key={name}
            label={t(`security.${name}`)}
            help={t(`security.${name}.help`)}
            isOn={shown[name]}
            notNow={obstacle}
            onChange={(isOn) => change({ [name]: isOn })}
          />
        ))}
        <TextField
          label={t('security.keyDays')}
          type="number"
          min={1}
          max={365}
          value={String(shown.max_apikey_expiration_days ?? '')}
          onChange={(days) => change({ max_apikey_expiration_days: Number(days) })}
        />
      </ActForm>
    </Panel>
  );
}
