import type { Environment } from './environment.ts';
import { anyText, boolean, secret, timeZone } from './text-form.ts';
import { variable } from './variable.ts';

/** Scheduled conferences: docs/contracts/jitsi-admin.md 8. */
export const schedulingVariables = {
  servers: variable('JITSI_ADMIN_SERVERS', {
    description:
      'Servers of scheduled conferences with their keys, as JSON or as the path of a file; unset: `/api/v1` is not served.',
    form: secret,
  }),
  timeZone: variable('JITSI_ADMIN_TIMEZONE', {
    description: 'Time zone of dates without an offset, a name of the tz database.',
    form: timeZone,
    default: 'Europe/Berlin',
  }),
  openReads: variable('JITSI_ADMIN_OPEN_READS', {
    description: '`true`: `info` and `serverInfo` need no key.',
    form: boolean,
    default: 'false',
  }),
  trustEmail: variable('JITSI_ADMIN_TRUST_EMAIL', {
    description: '`true`: who joins is believed the e-mail address; `false`: only personal links admit.',
    form: boolean,
    default: 'true',
  }),
  precreate: variable('JITSI_ADMIN_PRECREATE', {
    description: '`true`: rooms are made 30 minutes before the start; `false`: when somebody joins.',
    form: boolean,
    default: 'false',
  }),
  clientUrl: variable('JITSI_ADMIN_CLIENT_URL', {
    description:
      'Where browsers and apps go that are admitted, with `{server}`, `{room}`, `{token}` and `{name}`; unset: the page of this server.',
    form: anyText,
  }),
  smtp: variable('JITSI_ADMIN_SMTP_URL', {
    description: 'Mail server for invitations, `smtp://user:password@host:port` or `smtps://…`; unset: no mails.',
    form: secret,
  }),
  mailFrom: variable('JITSI_ADMIN_MAIL_FROM', {
    description: 'Sender of the mails, such as `Conferences <meet@example.org>`.',
    form: anyText,
    defaultText: "`no-reply@` the host of the conference's server",
  }),
};

export type SchedulingConfig = NonNullable<ReturnType<typeof readScheduling>>;

/** @returns undefined when conferences are not scheduled */
export function readScheduling(environment: Environment) {
  const { servers, ...values } = environment.readAll(schedulingVariables);
  return servers === undefined ? undefined : { ...values, servers };
}
