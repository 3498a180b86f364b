import { randomUUID } from 'node:crypto';
import type { NegotiatedMedia, PhoneCodec } from '../../../src/component/sip/media/negotiated-media.ts';
import type { PhoneMedia } from '../../../src/component/sip/media/phone-media.ts';
import type { TelephonyWorkers } from '../../../src/component/sip/media/telephony-workers.ts';
import { Component } from '../../../src/room/component.ts';
import type { Room } from '../../../src/room/room.ts';
import { Track } from '../../../src/room/track.ts';
import type { RoomRouter } from '../../../src/sfu/room-router.ts';
import { UdpFeed } from '../../../src/sfu/udp-feed.ts';
import type { Cleanup } from './cleanup.ts';
import { VoiceCodec } from './voice-codec.ts';
import { VoiceSocket, type VoiceStream } from './voice-socket.ts';

/** Somebody in a room who talks by Opus over UDP. */
export interface Speaker {
  readonly feed: UdpFeed;
  readonly say: (payload: Buffer) => void;
}

/** The other end of a call. */
export interface FarPhone {
  readonly media: PhoneMedia;
  readonly codec: VoiceCodec;
  readonly socket: VoiceSocket;
  /** The phone in the room. */
  readonly feed: UdpFeed;
  readonly say: (payload: Buffer) => void;
}

/** A room of speakers and telephones, all of them in this process. */
export class TalkingRoom {
  readonly #cleanup: Cleanup;
  readonly #room: Room<RoomRouter>;
  readonly #component: Component;

  constructor(cleanup: Cleanup, room: Room<RoomRouter>) {
    this.#cleanup = cleanup;
    this.#room = room;
    this.#component = new Component(randomUUID(), 'file', { properties: () => ({}), close: async () => undefined });
    room.addComponent(this.#component);
  }

  async addSpeaker(): Promise<Speaker> {
    const [feed, socket] = await Promise.all([this.#feed(), VoiceSocket.open(this.#cleanup)]);
    await feed.connect(socket.port);
    this.#announce(feed);
    const stream: VoiceStream = { ssrc: feed.ssrc, payloadType: feed.payloadType, duration: 960 };
    return { feed, say: (payload) => socket.send(stream, payload, feed.port) };
  }

  /** Opens a call that has been answered. */
  async addPhone(workers: TelephonyWorkers, name: PhoneCodec): Promise<FarPhone> {
    const codec = new VoiceCodec(name);
    const socket = await VoiceSocket.open(this.#cleanup);
    const media = await workers.open(this.#room);
    this.#cleanup.teardown(() => media.close());
    media.use(negotiated(name, codec, socket.port));
    const feed = await this.#feed();
    await media.join(feed);
    this.#announce(feed);
    const { payloadType, rate } = codec;
    const stream: VoiceStream = { ssrc: socket.port, payloadType, duration: rate / 50 };
    return { media, codec, socket, feed, say: (payload) => socket.send(stream, payload, media.port) };
  }

  async #feed(): Promise<UdpFeed> {
    const feed = await UdpFeed.open(this.#room.media, { trackId: randomUUID(), codec: 'opus', cname: 'bench' });
    this.#cleanup.teardown(() => feed.close());
    return feed;
  }

  #announce({ publication }: UdpFeed): void {
    this.#room.addTracks(this.#component, [new Track({ id: publication.trackId, type: 'audio' })]);
  }
}

function negotiated(codec: PhoneCodec, { payloadType }: VoiceCodec, port: number): NegotiatedMedia {
  const remote = { address: '127.0.0.1', port };
  const rest = { rtcpMux: true, packetTime: 20, sending: true, receiving: true };
  return { remote, codec, payloadType, ...rest };
}
