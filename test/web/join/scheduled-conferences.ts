import type { Test } from 'tap';
import { decodeServerMessage, EventType } from '../../../src/notification/server-message.ts';
import { NotificationSocket } from '../../notification-socket.ts';
import { apiToken, RunningServer } from '../../running-server.ts';

const key = 'a-key-of-the-scheduler';
export const moderatorEmail = 'ada@example.org';

/** A server with scheduled conferences, and a backend that schedules them. */
export class ScheduledConferences {
  readonly server: RunningServer;
  readonly #backend: NotificationSocket;

  private constructor(server: RunningServer, backend: NotificationSocket) {
    this.server = server;
    this.#backend = backend;
  }

  static async start(t: Pick<Test, 'teardown'>): Promise<ScheduledConferences> {
    const servers = [{ id: 1, url: 'meet.example.org', name: 'Main', apiKey: key, users: ['*'] }];
    const server = await RunningServer.start(t, { JITSI_ADMIN_SERVERS: JSON.stringify(servers) });
    const backend = await NotificationSocket.open(t, server.host, apiToken, [EventType.CONFERENCE]);
    return new ScheduledConferences(server, backend);
  }

  /**
   * A conference of ada@example.org.
   * @param begins seconds from now
   * @returns the path by which people join
   */
  async schedule(name: string, begins: number, ...guests: string[]): Promise<string> {
    const start = `@${Math.floor(Date.now() / 1000) + begins}`;
    const { uid } = await this.#ask('POST', '/room', {
      ...{ email: moderatorEmail, name, duration: '60', server: 'meet.example.org', start },
    });
    for (const email of guests) await this.#ask('POST', '/user', { uid, email });
    const { joinBrowser } = await this.#ask('GET', `/info/${uid}`, {});
    return new URL(joinBrowser).pathname;
  }

  /** Path and query of the personal link of somebody. */
  async personalLink(conference: string, email: string): Promise<string> {
    let link: string | undefined;
    await this.#backend.until(() => {
      for (const { content } of this.#backend.frames.map(decodeServerMessage)) {
        if (content.case !== 'conferenceChanged') continue;
        if (content.value.name === conference && content.value.email === email) link = content.value.joinUrl;
      }
      return link !== undefined;
    });
    const { pathname, search } = new URL(link ?? '');
    return pathname + search;
  }

  async #ask(method: string, path: string, fields: Record<string, string>) {
    const form = new URLSearchParams(fields);
    const response = await fetch(`http://${this.server.host}/api/v1${path}`, {
      ...{ method, headers: { authorization: `Bearer ${key}` } },
      ...(method !== 'GET' && { body: form }),
    });
    const reply = (await response.json()) as {
      readonly error: boolean;
      readonly uid: string;
      readonly joinBrowser: string;
    };
    if (reply.error) throw new Error(`${method} ${path}: ${JSON.stringify(reply)}`);
    return reply;
  }
}
