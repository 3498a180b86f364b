import { FishjamClient } from '@fishjam-dev/ts-client';
import { JellyfishClient } from '@jellyfish-dev/ts-client-sdk';
import type { JoinOptions, RemoteTrackContext, SdkParticipant, SimulcastOption } from './sdk-participant.ts';

const events = [
  'peerJoined',
  'peerLeft',
  'peerUpdated',
  'trackAdded',
  'trackReady',
  'trackRemoved',
  'trackUpdated',
  'bandwidthEstimationChanged',
  'disconnected',
  'socketClose',
  'authError',
  'joinError',
  'connectionError',
] as const;

/** The two published generations before the cloud: same methods, other names. */
export class LegacyParticipant implements SdkParticipant {
  readonly #client: FishjamClient<unknown, unknown>;
  readonly #stream = new MediaStream();

  constructor(sdk: 'fishjam' | 'jellyfish') {
    const reconnect = { maxAttempts: 5, initialDelay: 200, delay: 200 };
    this.#client =
      sdk === 'fishjam'
        ? new FishjamClient<unknown, unknown>({ reconnect })
        : (new JellyfishClient<unknown, unknown>({ reconnect }) as unknown as FishjamClient<unknown, unknown>);
  }

  join({ host, token, metadata, onEvent }: JoinOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      for (const name of events) this.#client.on(name, ((detail: unknown) => onEvent(name, describe(detail))) as never);
      this.#client.on('trackAdded', ((context: { on(name: string, listener: (detail: unknown) => void): void }) => {
        context.on('encodingChanged', (detail) => onEvent('encodingChanged', describe(detail)));
        context.on('voiceActivityChanged', (detail) => onEvent('voiceActivityChanged', describe(detail)));
      }) as never);
      this.#client.on('joined', (peerId) => {
        onEvent('joined', peerId);
        resolve(peerId);
      });
      this.#client.on('authError', (reason) => reject(new Error(String(reason))));
      this.#client.connect({
        peerMetadata: metadata,
        token,
        signaling: { host, protocol: 'ws', path: '/socket/peer/websocket' },
      });
    });
  }

  addTrack(track: MediaStreamTrack, metadata: unknown, simulcast?: SimulcastOption): Promise<string> {
    this.#stream.addTrack(track);
    const config = simulcast && {
      enabled: true,
      activeEncodings: simulcast.active as ('l' | 'm' | 'h')[],
      disabledEncodings: [],
    };
    return this.#client.addTrack(track, this.#stream, metadata, config);
  }

  removeTrack(trackId: string): Promise<void> {
    return this.#client.removeTrack(trackId) as unknown as Promise<void>;
  }

  async replaceTrack(trackId: string, track: MediaStreamTrack | null): Promise<void> {
    await this.#client.replaceTrack(trackId, track as MediaStreamTrack);
  }

  setTarget(trackId: string, encoding: string): void {
    this.#client.setTargetTrackEncoding(trackId, encoding as 'h');
  }

  async setEncoding(trackId: string, encoding: string, enabled: boolean): Promise<void> {
    if (enabled) await this.#client.enableTrackEncoding(trackId, encoding as 'h');
    else await this.#client.disableTrackEncoding(trackId, encoding as 'h');
  }

  updatePeerMetadata(metadata: unknown): void {
    this.#client.updatePeerMetadata(metadata);
  }

  updateTrackMetadata(trackId: string, metadata: unknown): void {
    this.#client.updateTrackMetadata(trackId, metadata);
  }

  remoteTracks(): RemoteTrackContext[] {
    return Object.values(this.#client.getRemoteTracks()).map((context) => ({
      trackId: context.trackId,
      endpointId: context.endpoint.id,
      metadata: context.metadata,
      encoding: context.encoding,
      track: context.track,
      speaking: context.vadStatus,
    }));
  }

  remotePeers(): { id: string; metadata: unknown }[] {
    return Object.values(this.#client.getRemotePeers()).map(({ id, metadata }) => ({ id, metadata }));
  }

  statistics(): Promise<RTCStatsReport> {
    return this.#client.getStatistics();
  }

  leave(): void {
    this.#client.disconnect();
  }
}

/** The parts of an SDK's event detail that can leave the page. */
function describe(detail: unknown): unknown {
  if (typeof detail === 'bigint') return Number(detail);
  if (typeof detail !== 'object' || detail === null) return detail;
  const { trackId, id, metadata, encoding, encodingReason, reason, code, vadStatus } = detail as Record<
    string,
    unknown
  >;
  const text = [encodingReason, reason].find((candidate) => typeof candidate === 'string');
  return { trackId, id, metadata, encoding, reason: text, code, vadStatus };
}
