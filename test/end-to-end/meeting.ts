import type { Test } from 'tap';
import type { NotificationSocket } from '../notification-socket.ts';
import { RunningServer } from '../running-server.ts';
import { Browser, type Client, type Sdk } from './browser-client.ts';
import type { ReceivedTrack } from './page-calls.ts';

/** Someone in a room, in a browser's page of their own. */
export interface Attendee {
  readonly client: Client;
  readonly peerId: string;
  readonly token: string;
}

/** Someone who also sends both kinds. */
export interface Sender extends Attendee {
  readonly audio: string;
  readonly video: string;
}

export interface AttendeeOptions {
  readonly metadata?: unknown;
  /** Active layers of the video; without: no simulcast. */
  readonly simulcast?: string[];
  /** `host:port` to connect to. Default: the server. */
  readonly host?: string;
  /** Runs in the page before anything else does. */
  readonly script?: string;
}

/** Frames that count as a moving picture. */
const enough = 10;

/** The whole server, one Chromium and a backend that listens. */
export class Meeting {
  readonly server: RunningServer;
  readonly backend: NotificationSocket;
  readonly browser: Browser;

  private constructor(server: RunningServer, backend: NotificationSocket, browser: Browser) {
    this.server = server;
    this.backend = backend;
    this.browser = browser;
  }

  static async start(t: Test, variables: Record<string, string | undefined> = {}): Promise<Meeting> {
    const server = await RunningServer.start(t, variables);
    const backend = await server.subscribe();
    const browser = await Browser.launch();
    t.teardown(() => browser.close());
    return new Meeting(server, backend, browser);
  }

  /** Joins without sending anything. */
  async join(roomId: string, sdk: Sdk, options: AttendeeOptions = {}): Promise<Attendee> {
    const { id: peerId, token } = await this.server.addPeer(roomId);
    const client = await this.browser.open(options.script);
    await client.join(sdk, options.host ?? this.server.host, token, options.metadata ?? { name: sdk });
    return { client, peerId, token };
  }

  /** Joins and sends sound, then a picture. */
  async enter(roomId: string, sdk: Sdk, options: AttendeeOptions = {}): Promise<Sender> {
    const participant = await this.join(roomId, sdk, options);
    const audio = await participant.client.publish('audio');
    const { simulcast } = options;
    const video = await participant.client.publish('video', simulcast ? { simulcast } : {});
    return { ...participant, audio, video };
  }

  /** Ends a room and closes its participants' pages, so that they cost nothing any more. */
  async end(roomId: string, participants: readonly Attendee[]): Promise<void> {
    await this.server.delete(`/room/${roomId}`);
    for (const { client } of participants) await client.tab.close();
  }
}

/** Waits until `participant` really hears and sees exactly these senders. */
export async function perceives(participant: Attendee, senders: readonly Sender[]): Promise<ReceivedTrack[]> {
  const expected = senders.flatMap(({ audio, video }) => [audio, video]).sort();
  const tracks = await participant.client.receives('sound and picture of the others', (received) => {
    const ids = received.map(({ trackId }) => trackId).sort();
    return ids.join() === expected.join() && received.every(hasMedia);
  });
  return tracks;
}

/** Waits until the picture of a track has gone on from where it is now. */
export async function movesOn({ client }: Attendee, trackId: string): Promise<void> {
  const frames = (received: readonly ReceivedTrack[]) =>
    received.find((track) => track.trackId === trackId)?.framesDecoded ?? 0;
  const before = frames(await client.received());
  await client.receives('further frames', (received) => frames(received) >= before + enough);
}

export function hasMedia({ kind, audioEnergy, framesDecoded }: ReceivedTrack): boolean {
  return kind === 'audio' ? audioEnergy > 0 : framesDecoded >= enough;
}
