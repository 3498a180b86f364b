import type { Endpoint } from '../room/endpoint.ts';
import type { Encoding, Track } from '../room/track.ts';
import type { Subscription } from '../sfu/subscription.ts';

/** A track of another endpoint, from the view of one client. */
export class RemoteTrack {
  readonly track: Track;
  readonly endpoint: Endpoint;
  /**
   * `announced`: the client was told, but no answer has named the track. `answered`: an answer has named it. `withdrawn`: the track was
   * removed while announced; an answer must name it before the client can be told.
   */
  state: 'announced' | 'answered' | 'withdrawn' = 'announced';
  subscription: Subscription | undefined;
  /** Whether the client was found not to receive the track's codec. */
  unreceivable = false;
  /** The requested simulcast layer; initially the medium one. */
  target: Encoding = 'm';
  /** UUID of the stream and CNAME in the client's SDP. */
  readonly streamId: string;

  constructor(endpoint: Endpoint, track: Track, streamId: string) {
    this.endpoint = endpoint;
    this.track = track;
    this.streamId = streamId;
  }

  /** Requests a layer. Before the track is forwarded it is remembered for then. */
  async setTarget(encoding: Encoding): Promise<void> {
    if (!this.track.simulcast.activeEncodings.includes(encoding)) return;
    this.target = encoding;
    await this.subscription?.setTarget(encoding);
  }

  isWithdrawn(): boolean {
    return this.state === 'withdrawn';
  }
}
