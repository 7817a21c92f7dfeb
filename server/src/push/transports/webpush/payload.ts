// The JSON that our service worker receives, in the names of the dialect's own worker.

import { bytesOf } from '../../fields.ts';
import { chooseText, fit, type PayloadContext } from '../../message/content.ts';
import type { Kind } from '../../message/message.ts';
import { refuse } from '../../refusals.ts';

/** A 4096-byte body less 86 bytes of header, 1 of delimiter and 16 of tag. */
export const MAX_WEB_PLAINTEXT = 3993;

/** Values of `data.ntf_or_msg`, as the dialect's workers read them. */
const SHOW = 1;
const PASS_ON = 2;

/** The plaintext of a Web Push message. */
export function webPayload(context: PayloadContext, kind: Kind): string {
  const text = JSON.stringify;
  const build = (body: string) => text(kind === 'message' ? passOn(context) : show(context, body));
  const body = kind === 'message' ? '' : (chooseText(context, 'web')?.body ?? '');
  if (kind !== 'message' && body === '') {
    throw refuse('field_invalid', 'notification.web.alert is empty, but browsers must show something');
  }
  return fit(context, body, MAX_WEB_PLAINTEXT, 'web', build, bytesOf);
}

function show(context: PayloadContext, body: string): object {
  const { app, message } = context;
  const web = message.notification?.web;
  const url = web?.url ?? app.default_url;
  if (!url) throw refuse('field_missing', 'notification.web.url (the app has no default URL)');
  const buttons = message.options.web_buttons;
  const links = buttons.filter((button) => button.url);
  return {
    title: chooseText(context, 'web')?.title ?? app.name,
    body,
    icon: web?.icon ?? app.default_icon ?? undefined,
    image: web?.image,
    tag: String(context.shown_id),
    ...(buttons.length > 0 && { actions: buttons.map(({ id, text, icon }) => ({ action: id, title: text, icon })) }),
    data: {
      ...envelope(context, SHOW),
      url,
      ...(links.length > 0 && { action_urls: Object.fromEntries(links.map(({ id, url }) => [id, url])) }),
      extras: web?.extras,
    },
  };
}

function passOn(context: PayloadContext): object {
  const { app, message } = context;
  return {
    title: message.message?.title ?? app.name,
    tag: String(context.shown_id),
    data: { ...envelope(context, PASS_ON), url: app.default_url ?? undefined, message: message.message },
  };
}

function envelope({ app, msg_id }: PayloadContext, what: number): object {
  return { msg_id: String(msg_id), app_key: app.app_key, ntf_or_msg: what, report: app.report_url };
}
