import type { Endpoint } from '../room/endpoint.ts';
import type { Encoding, Track } from '../room/track.ts';
import type { Subscription } from '../sfu/subscription.ts';

/** A track of another endpoint, as far as one client has been told about it. */
export class RemoteTrack {
  readonly track: Track;
  readonly endpoint: Endpoint;
  /**
   * `announced`: the client was told, but no answer has named it yet. `answered`: it was in an answer. `withdrawn`: the track went
   * away while announced; the client must see it in an answer before it can be told.
   */
  state: 'announced' | 'answered' | 'withdrawn' = 'announced';
  subscription: Subscription | undefined;
  /** Wanted simulcast layer; subscribers start at the medium one. */
  target: Encoding = 'm';
  /** The client knows the name of the stream by this UUID. */
  readonly streamId: string;

  constructor(endpoint: Endpoint, track: Track, streamId: string) {
    this.endpoint = endpoint;
    this.track = track;
    this.streamId = streamId;
  }

  /** Clients may ask as soon as they were told about the track; it then counts when the track is forwarded. */
  async setTarget(encoding: Encoding): Promise<void> {
    if (!this.track.simulcast.activeEncodings.includes(encoding)) return;
    this.target = encoding;
    await this.subscription?.setTarget(encoding);
  }

  isWithdrawn(): boolean {
    return this.state === 'withdrawn';
  }
}
