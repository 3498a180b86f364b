import { FishjamClient, Variant } from '@fishjam-cloud/ts-client';
import type { JoinOptions, RemoteTrackContext, SdkParticipant } from './sdk-participant.ts';

const events = [
  'peerJoined',
  'peerLeft',
  'peerUpdated',
  'trackAdded',
  'trackReady',
  'trackRemoved',
  'trackUpdated',
  'disconnected',
  'socketClose',
  'authError',
  'joinError',
  'connectionError',
] as const;

const variants: Record<string, Variant> = {
  l: Variant.VARIANT_LOW,
  m: Variant.VARIANT_MEDIUM,
  h: Variant.VARIANT_HIGH,
};
const letters = new Map(Object.entries(variants).map(([letter, variant]) => [variant, letter]));

/** The generation that speaks protobuf. */
export class CloudParticipant implements SdkParticipant {
  readonly #client = new FishjamClient<unknown, unknown>({ reconnect: true } as never);

  join({ host, token, metadata, onEvent }: JoinOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      for (const name of events) this.#client.on(name, ((detail: unknown) => onEvent(name, describe(detail))) as never);
      this.#client.on('joined', (peerId) => {
        onEvent('joined', peerId);
        resolve(peerId);
      });
      this.#client.on('authError', (reason) => reject(new Error(String(reason))));
      this.#client.connect({ peerMetadata: metadata, token, url: `http://${host}` } as never).catch(reject);
    });
  }

  addTrack(track: MediaStreamTrack, metadata: unknown): Promise<string> {
    return this.#client.addTrack(track, metadata as never);
  }

  removeTrack(trackId: string): Promise<void> {
    return this.#client.removeTrack(trackId);
  }

  replaceTrack(trackId: string, track: MediaStreamTrack | null): Promise<void> {
    return this.#client.replaceTrack(trackId, track);
  }

  setTarget(trackId: string, encoding: string): void {
    this.#client.setTargetTrackEncoding(trackId, variants[encoding] as Variant);
  }

  async setEncoding(trackId: string, encoding: string, enabled: boolean): Promise<void> {
    const variant = variants[encoding] as Variant;
    if (enabled) await this.#client.enableTrackEncoding(trackId, variant);
    else await this.#client.disableTrackEncoding(trackId, variant);
  }

  updatePeerMetadata(metadata: unknown): void {
    this.#client.updatePeerMetadata(metadata);
  }

  updateTrackMetadata(trackId: string, metadata: unknown): void {
    this.#client.updateTrackMetadata(trackId, metadata as never);
  }

  remoteTracks(): RemoteTrackContext[] {
    return Object.values(this.#client.getRemoteTracks()).map((context) => ({
      trackId: context.trackId,
      endpointId: context.endpoint.id,
      metadata: context.metadata,
      encoding: context.encoding === undefined ? undefined : letters.get(context.encoding),
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

function describe(detail: unknown): unknown {
  if (typeof detail !== 'object' || detail === null) return detail;
  const { trackId, id, metadata, reason, code, message } = detail as Record<string, unknown>;
  return { trackId, id, metadata, reason: typeof reason === 'string' ? reason : undefined, code, message };
}
