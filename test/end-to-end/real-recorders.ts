import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { Clock } from '../../src/clock/clock.ts';
import type { ProgramSample, ProgramSink } from '../../src/media/sample.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { FileOutput } from '../../src/output/file-output.ts';
import { RtmpOutput } from '../../src/output/rtmp/rtmp-output.ts';
import type { ProgramSettings } from '../../src/program/composer-message.ts';
import { type ProgramAttachment, ProgramFeeds } from '../../src/program/program-feeds.ts';
import type { Room } from '../../src/room/room.ts';
import type { RoomRouter } from '../../src/sfu/room-router.ts';
import type { OpenMedia } from '../../src/storage/media-store.ts';
import { childrenOf } from '../child-processes.ts';
import { ScriptedComponent } from '../component/recording/scripted-component.ts';
import { RunningJibri, startBody } from '../jibri/running-jibri.ts';
import { Receiver } from '../net/receiver.ts';
import { opusScript, videoScript } from '../scripts.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';

const settings: ProgramSettings = {
  ...{ width: 320, height: 180, frameRate: 30, keyframeInterval: 1000, partDuration: 300 },
  ...{ videoBitrate: 500_000, audioBitrate: 96_000, audioChannels: 1, showNames: false, preset: 'veryfast' },
};

export interface ParticipantOptions {
  readonly colour: string;
  /** Hz. */
  readonly tone: number;
  /** Picture and tone are there for a tenth of each second only. */
  readonly flashing?: boolean;
  /** Ms by which the picture is sent late. */
  readonly late?: number;
}

/** Looks at a program as it goes by. */
export class ProgramWatch implements ProgramSink {
  /** Seconds of the picture so far. */
  seconds = 0;
  readonly #events = new EventEmitter<{ sample: [] }>();
  readonly #attachment: ProgramAttachment;

  constructor(feeds: ProgramFeeds, room: Room<RoomRouter>) {
    this.#events.setMaxListeners(0);
    this.#attachment = feeds.attach(room, this);
  }

  /** The program ends, too, when nobody else wants it. */
  async close(): Promise<void> {
    await this.#attachment.close();
  }

  format(): void {}

  sample({ kind, duration }: ProgramSample): void {
    if (kind === 'video') this.seconds += duration / 90_000;
    this.#events.emit('sample');
  }

  end(): void {}

  /** Lets the program go on. @param length seconds */
  async play(length: number): Promise<void> {
    const end = this.seconds + length;
    while (this.seconds < end) await once(this.#events, 'sample');
  }
}

/** The facade over real sockets with everything behind it real, and with somebody who is told of sessions. */
export class RealRecorders {
  readonly jibri: RunningJibri;
  readonly receiver: Receiver;
  readonly feeds: ProgramFeeds;
  readonly #world: RoomOnWorker;

  private constructor(jibri: RunningJibri, receiver: Receiver, feeds: ProgramFeeds, world: RoomOnWorker) {
    this.jibri = jibri;
    this.receiver = receiver;
    this.feeds = feeds;
    this.#world = world;
  }

  static async start(
    t: Test,
    variables: Record<string, string> = {},
    { clock, retryTime = 20_000 }: { readonly clock?: Clock; readonly retryTime?: number } = {},
  ): Promise<RealRecorders> {
    const receiver = await Receiver.start(t);
    const world = await RoomOnWorker.open();
    const logger = pino({ enabled: false });
    const feeds = new ProgramFeeds({ settings, logger });
    t.teardown(async () => {
      await world.close();
      await feeds.close();
    });
    const guard = new AddressGuard();
    const outputs = {
      openFile: (media: OpenMedia | undefined, name: string) =>
        new FileOutput({ begin: async () => media, name, logger }),
      openStream: (target: { url: string }) => new RtmpOutput({ ...target, guard, retryTime, random: () => 0, logger }),
    };
    const media = { rooms: world.registry, feeds, outputs };
    const all = { JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url, ...variables };
    const jibri = await RunningJibri.start(t, all, { media, ...(clock && { clock }) });
    return new RealRecorders(jibri, receiver, feeds, world);
  }

  async room(roomId: string): Promise<Room<RoomRouter>> {
    const config = { roomId, maxPeers: null, videoCodec: null, webhookUrl: null };
    return await this.#world.registry.create({ ...config, peerlessPurgeTimeout: null, peerDisconnectedTimeout: null });
  }

  async participant(room: Room<RoomRouter>, options: ParticipantOptions): Promise<ScriptedComponent> {
    const { colour, tone, flashing = false, late = 0 } = options;
    const when = 'lt(mod(t\\,1)\\,0.1)';
    const picture = `color=black:s=320x180:r=30,drawbox=c=${colour}:t=fill:enable='${flashing ? when : '1'}'`;
    const sound = `aevalsrc=0.2*sin(2*PI*${tone}*t)${flashing ? `*${when}` : ''}:s=48000`;
    const script = { source: picture, duration: 2, frameRate: 30, bitrate: '300k' };
    const [video, audio] = await Promise.all([videoScript(script), opusScript(sound, 2)]);
    const component = await ScriptedComponent.join(room);
    await component.publish([
      ['h264', video, late],
      ['opus', audio],
    ]);
    return component;
  }

  watch(room: Room<RoomRouter>): ProgramWatch {
    return new ProgramWatch(this.feeds, room);
  }

  /** @param slot 0 for the default one */
  async start(callName: string, changes: Record<string, unknown> = {}, slot = 0): Promise<void> {
    const callParams = { callUrlInfo: { baseUrl: 'https://meet.example.org', callName } };
    const body = startBody({ callParams, ...changes });
    const { status, text } = await this.jibri.ask('POST', 'startService', body, { port: this.jibri.ports[slot] });
    if (status !== 200) throw new Error(`The start was answered with ${status}: ${text}`);
  }

  async stop(slot = 0): Promise<number> {
    return (await this.jibri.ask('POST', 'stopService', undefined, { port: this.jibri.ports[slot] })).status;
  }

  /** What subscribers were told of a session so far. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever they were told; the assertions look into it
  told(sessionId: string): any[] {
    const bodies = this.receiver.requests.map(({ body }) => JSON.parse(body.toString()));
    return bodies.flatMap(({ session }) => (session?.sessionId === sessionId ? [session] : []));
  }

  /** Waits until subscribers have been told that a session is `ON` or `OFF`, or one of both. */
  async until(sessionId: string, ...statuses: string[]): Promise<ReturnType<RealRecorders['told']>[number]> {
    for (;;) {
      const found = this.told(sessionId).find(({ status }) => statuses.includes(status));
      if (found) return found;
      await this.receiver.received(this.receiver.requests.length + 1);
    }
  }

  /** Paths of what lies in the directory of a session. */
  async files(sessionId: string): Promise<string[]> {
    const directory = join(this.jibri.folder, sessionId);
    return (await readdir(directory)).sort().map((name) => join(directory, name));
  }

  /** The process that composes the only program. */
  get composer(): number {
    const [pid, ...others] = this.composers;
    if (pid === undefined || others.length > 0) throw new Error('There is not just one composer.');
    return pid;
  }

  get composers(): number[] {
    return childrenOf(process.pid, 'composer');
  }
}
