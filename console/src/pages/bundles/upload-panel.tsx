// A zip of the web folder, dropped: it becomes a bundle that no phone gets before it is put on a channel.

import type { Bundle } from '@overair/protocol/manage/bundle';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { organization } from '../../api/organization-queries.ts';
import { app as appQuery } from '../../api/queries.ts';
import { useObstacle } from '../../api/rights.ts';
import { canHash, type UploadStep, uploadBundle } from '../../api/upload-bundle.ts';
import { say } from '../../shell/toasts.tsx';
import { ActForm } from '../../ui/act-form.tsx';
import { CopyBlock } from '../../ui/copy.tsx';
import { TextField } from '../../ui/field.tsx';
import { FileDrop } from '../../ui/file-drop.tsx';
import { Panel } from '../../ui/page.tsx';
import { useWords } from '../../words/words.tsx';
import styles from './bundles.module.css';

export function UploadPanel({ app, newest }: { app: string; newest: Bundle | undefined }) {
  const { t } = useWords();
  const isEncrypted = useIsEncrypted(app, newest);
  return (
    <Panel title={t('upload.title')}>
      {isEncrypted || !canHash() ? (
        <div className={styles['upload']}>
          <p>{t(isEncrypted ? 'upload.encrypted' : 'upload.noHttps')}</p>
          <CopyBlock text={`overair bundle upload ${app}`} label={t('label.command')} />
        </div>
      ) : (
        <UploadForm app={app} />
      )}
    </Panel>
  );
}

/** The private key is with the command line, and never in a browser. */
function useIsEncrypted(app: string, newest: Bundle | undefined): boolean {
  const { data: owned } = useQuery(appQuery(app));
  const { data: org } = useQuery({
    ...organization(owned?.owner_org ?? ''),
    enabled: owned !== undefined,
  });
  return org?.enforce_encrypted_bundles === true || (newest?.session_key ?? '') !== '';
}

function UploadForm({ app }: { app: string }) {
  const { t, bytes } = useWords();
  const cache = useQueryClient();
  const obstacle = useObstacle(app, 'upload');
  const [file, setFile] = useState<File>();
  const [version, setVersion] = useState('');
  const [step, setStep] = useState<UploadStep>();
  const upload = useMutation({
    async mutationFn() {
      if (file === undefined) throw new Error(t('upload.needs'));
      const wanted = version.trim() === '' ? undefined : version.trim();
      return uploadBundle({ app_id: app, version: wanted, file, onStep: setStep });
    },
    async onSuccess(name) {
      say(t('upload.done', { bundle: name }));
      setFile(undefined);
      setVersion('');
      await cache.invalidateQueries({ queryKey: ['app', app] });
    },
    onSettled: () => setStep(undefined),
  });
  return (
    <ActForm
      act={upload}
      submit={t('upload.submit')}
      isMain
      notNow={obstacle ?? (file === undefined ? t('upload.needs') : undefined)}
      after={
        upload.data !== undefined && (
          <p role="status">
            {t('upload.after', { bundle: upload.data })}{' '}
            <Link to="/app/$app/channels" params={{ app }}>
              {t('upload.toChannels')}
            </Link>
          </p>
        )
      }
    >
      <FileDrop
        accept=".zip,application/zip"
        label={t('upload.drop')}
        help={file ? bytes(file.size) : t('upload.drop.help')}
        chosen={file}
        onChoose={setFile}
      />
      <TextField
        label={t('upload.version')}
        help={t('upload.version.help')}
        value={version}
        onChange={setVersion}
        autoCapitalize="none"
        spellCheck={false}
      />
      {step && <Progress step={step} />}
    </ActForm>
  );
}

function Progress({ step }: { step: UploadStep }) {
  const { t, percent } = useWords();
  const share = step.step === 'sending' ? step.share : step.step === 'making' ? 1 : 0;
  const words = step.step === 'sending' ? t('upload.sending', { share: percent(share) }) : t(`upload.${step.step}`);
  return (
    <div className={styles['progress']}>
      <p role="status">{words}</p>
      <progress max={1} value={share} aria-label={t('upload.title')} />
    </div>
  );
}
