// Each push service: whether it takes what this app sends, and how many devices it reaches.

import type { PushApp, PushChannel } from '@overair/protocol/manage/push';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { useObstacle } from '../../api/rights.ts';
import { say } from '../../shell/toasts.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyBlock } from '../../ui/copy.tsx';
import { Mark } from '../../ui/mark.tsx';
import { Panel } from '../../ui/page.tsx';
import { Fault } from '../../ui/states.tsx';
import { credentialState } from '../../words/push.ts';
import { useWords } from '../../words/words.tsx';
import styles from './push.module.css';

const services = {
  webpush: { title: 'Web Push', platform: 'web', command: '--subject mailto:you@example.com' },
  fcm: { title: 'Firebase (Android)', platform: 'android', command: '--file service-account.json' },
  apns: { title: 'Apple (iOS)', platform: 'ios', command: '--file AuthKey.p8 --key-id … --team-id …' },
} as const satisfies Record<PushChannel, object>;

const CHANNELS = Object.keys(services) as PushChannel[];

export function Credentials({ app, push }: { app: string; push: PushApp }) {
  const { t } = useWords();
  return (
    <Panel title={t('push.services')} aside={t('push.services.aside')}>
      <ul className={styles['credentials']}>
        {CHANNELS.map((channel) => (
          <Service key={channel} app={app} push={push} channel={channel} />
        ))}
      </ul>
    </Panel>
  );
}

function Service({ app, push, channel }: { app: string; push: PushApp; channel: PushChannel }) {
  const { t } = useWords();
  const cache = useQueryClient();
  const obstacle = useObstacle(app, 'write');
  const { title, platform, command } = services[channel];
  const credential = push.credentials.find((each) => each.channel === channel);
  const { tone, id, reason } = credentialState(credential);
  const resume = useMutation({
    mutationFn: () => api.push.resume({ app_id: app, channel }),
    async onSuccess() {
      say(t('push.resumed'));
      await cache.invalidateQueries({ queryKey: ['app', app, 'push'] });
    },
  });
  return (
    <li>
      <strong>{title}</strong>
      <Mark tone={tone}>{t(id)}</Mark>
      <p>{t('push.reachable', { count: push.devices[platform] ?? 0 })}</p>
      {reason !== '' && (
        <>
          <p className={styles['reason']} lang="en">
            {reason}
          </p>
          <Button notNow={obstacle} isBusy={resume.isPending} onClick={() => resume.mutate()}>
            {t('push.resume')}
          </Button>
          {resume.error && <Fault error={resume.error} />}
        </>
      )}
      {(credential === undefined || reason !== '') && (
        <CopyBlock text={`overair push credential ${channel} ${command}`} label={t('label.command')} />
      )}
    </li>
  );
}
