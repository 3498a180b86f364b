import { Decoder } from '@evan/opus';
import type { Test } from 'tap';
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, type RTCRtpTransceiver } from 'werift';
import { ScriptPlayer } from '../bench/load/script-player.ts';
import { eventually } from '../eventually.ts';
import { PeerClient } from '../peer-client.ts';
import type { Script } from '../rtp-sender.ts';
import type { RunningServer } from '../running-server.ts';
import { opusScript } from '../scripts.ts';
import { meanToneLevel } from '../tone.ts';

/** Tracks that it can receive. */
const ears = 3;
/** Milliseconds between two looks at what is due. */
const pace = 5;

const opus = new RTCRtpCodecParameters({
  ...{ mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType: 111 },
});

const scripts = new Map<number, Promise<Script>>();

/** Made once per tone. */
function scriptOf(tone: number): Promise<Script> {
  const known = scripts.get(tone);
  if (known) return known;
  const script = opusScript(`aevalsrc=0.3*sin(2*PI*${tone}*t):s=48000`, 2);
  scripts.set(tone, script);
  return script;
}

/** What came in a slot for a track since a second was full and {@link heard}. */
class Ear {
  readonly #decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
  readonly #second = new Int16Array(48_000);
  #length = 0;

  clear(): void {
    this.#length = 0;
  }

  /** @param payload of Opus */
  push(payload: Buffer): void {
    if (payload.length === 0 || this.#length === this.#second.length) return;
    const { buffer, byteOffset, byteLength } = this.#decoder.decode(payload);
    const samples = new Int16Array(buffer, byteOffset, byteLength / 2);
    const taken = samples.subarray(0, this.#second.length - this.#length);
    this.#second.set(taken, this.#length);
    this.#length += taken.length;
  }

  /** Whether there was a tone for a whole second, which is looked at once: this process has others to serve. */
  heard(frequency: number): boolean {
    if (this.#length < this.#second.length) return false;
    this.clear();
    return meanToneLevel({ samples: this.#second, rate: 48_000 }, frequency) > 0.1;
  }
}

/** A WebRTC peer of a room that says a tone, and hears the others. */
export class TonePeer {
  readonly id: string;
  readonly client: PeerClient;
  readonly #connection: RTCPeerConnection;
  readonly #ears: Ear[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #trackId: string;
  #negotiated = 0;

  private constructor(client: PeerClient, id: string, connection: RTCPeerConnection, player: ScriptPlayer) {
    this.client = client;
    this.id = id;
    this.#connection = connection;
    this.#trackId = `${id}:tone`;
    this.#timer = setInterval(() => player.advance(performance.now()), pace);
  }

  /** Joins, sends, and receives what is or will be there. @param tone in Hz */
  static async join(t: Pick<Test, 'teardown'>, server: RunningServer, roomId: string, tone: number): Promise<TonePeer> {
    return await TonePeer.connect(t, server, await server.addPeer(roomId), tone);
  }

  /** The same with the token of a peer that exists. */
  static async connect(
    t: Pick<Test, 'teardown'>,
    server: RunningServer,
    { id, token }: { readonly id: string; readonly token: string },
    tone: number,
  ): Promise<TonePeer> {
    const client = await PeerClient.join(t, server.host, token);
    const script = await scriptOf(tone);
    const connection = new RTCPeerConnection({
      codecs: { audio: [opus], video: [] },
      // one transport, which close() closes
      bundlePolicy: 'max-bundle',
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    const track = new MediaStreamTrack({ kind: 'audio' });
    const sending = connection.addTransceiver(track, { direction: 'sendonly' });
    const player = new ScriptPlayer(script, performance.now(), (packet) => track.writeRtp(packet));
    const peer = new TonePeer(client, id, connection, player);
    t.teardown(() => peer.close());
    for (let ear = 0; ear < ears; ear += 1) peer.#listen(connection.addTransceiver('audio', { direction: 'recvonly' }));
    const connected = connection.connectionStateChange.watch((state) => state === 'connected');
    client.custom('renegotiateTracks');
    await peer.#negotiate(sending);
    await connected;
    void peer.#follow(sending).catch(() => undefined);
    return peer;
  }

  /** Waits until it hears a tone, in whatever track, for a second. */
  async hears(frequency: number): Promise<void> {
    for (const ear of this.#ears) ear.clear();
    await eventually(`a peer hears ${frequency} Hz`, () => this.#ears.some((ear) => ear.heard(frequency)));
  }

  /** Leaves. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.client.socket.terminate();
    await this.#connection.close();
  }

  #listen(transceiver: RTCRtpTransceiver): void {
    const ear = new Ear();
    this.#ears.push(ear);
    transceiver.onTrack.subscribe((track) => {
      track.onReceiveRtp.subscribe(({ payload }) => ear.push(payload));
    });
  }

  /** Negotiates whenever the server wants to, until the socket closes. */
  async #follow(sending: RTCRtpTransceiver): Promise<void> {
    for (;;) await this.#negotiate(sending);
  }

  async #negotiate(sending: RTCRtpTransceiver): Promise<void> {
    this.#negotiated += 1;
    await this.client.saw('offerData', this.#negotiated);
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    const sdp = this.#connection.localDescription?.sdp ?? '';
    this.client.offer(sdp, { [sending.mid ?? '0']: this.#trackId });
    const answer = await this.client.saw('sdpAnswer', this.#negotiated);
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer.data.sdp });
  }
}
