// The lines for the app, the first upload, and a live wait for the first phone.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { api } from '../../api/client.ts';
import { serverUrl } from '../../base-path.ts';
import { CopyBlock } from '../../ui/copy.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Verdict } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';
import styles from '../sign-in/sign-in.module.css';

const QrCode = lazy(() => import('../../ui/qr.tsx').then((kit) => ({ default: kit.QrCode })));

const WATCH_MS = 2_000;

const configLines = `plugins: {
  CapacitorUpdater: {
    updateUrl: '${serverUrl}/updates',
    statsUrl: '${serverUrl}/stats',
    channelUrl: '${serverUrl}/channel_self',
  },
}`;

const commandLines = (app: string) => `overair login --server ${serverUrl}
overair bundle upload ${app} --channel production`;

export function FirstPhone({ app }: { app: string }) {
  const { t } = useWords();
  return (
    <div className={styles['form']}>
      <p>{t('setUp.phone.config')}</p>
      <CopyBlock text={configLines} label={t('setUp.phone.config.label')} />
      <details>
        <summary>{t('setUp.phone.qr')}</summary>
        <Suspense>
          <QrCode text={serverUrl} label={t('setUp.phone.qr.label')} />
        </Suspense>
      </details>
      <p>{t('setUp.phone.upload')}</p>
      <CopyBlock text={commandLines(app)} label={t('label.command')} />
      <Wait app={app} />
    </div>
  );
}

function Wait({ app }: { app: string }) {
  const { t } = useWords();
  const { data } = useQuery({
    queryKey: ['app', app, 'first phone'],
    queryFn: async () => (await api.devices.list({ app_id: app, limit: 1 })).data,
    refetchInterval: WATCH_MS,
  });
  const [phone] = data ?? [];
  const isHere = phone !== undefined;
  return (
    <div aria-live="polite">
      <Verdict
        tone={isHere ? 'good' : 'neutral'}
        icon={<Icon name={isHere ? 'good' : 'wait'} size={24} />}
        sub={
          isHere ? (
            <Link to="/app/$app" params={{ app }}>
              {t('setUp.phone.onward')}
            </Link>
          ) : (
            t('setUp.phone.waiting.sub')
          )
        }
      >
        {isHere
          ? t('setUp.phone.here', { running: phone.running_version ?? phone.version_build, platform: phone.platform })
          : t('setUp.phone.waiting')}
      </Verdict>
    </div>
  );
}
