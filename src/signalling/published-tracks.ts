import type { Logger } from '../log/logger.ts';
import { type Encoding, type Metadata, Track, type TrackType, withoutSimulcast } from '../room/track.ts';
import type { PeerTransport } from '../sfu/peer-transport.ts';
import type { Publication } from '../sfu/publication.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { SectionAnswer } from './sdp/answer.ts';
import type { OfferSection } from './sdp/offer.ts';
import { findCodec, formatOf, offeredFormats } from './sdp/offer-codec.ts';
import { producerParameters, simulcastEncodings } from './sdp/rtp-parameters.ts';

/** Maximum number of tracks that one peer publishes. */
const maxTracks = 64;

export interface PublishedTracksOptions {
  readonly router: RoomRouter;
  /** Whether the peer may publish simulcast. */
  readonly simulcast: boolean;
  readonly logger: Logger;
}

/** The changes that an offer made to the published tracks of its peer. */
export interface PublishedChanges {
  readonly added: Track[];
  readonly removed: string[];
}

/** The tracks that one peer publishes, by m-line. */
export class PublishedTracks {
  readonly #options: PublishedTracksOptions;
  readonly #byMid = new Map<string, Publication>();
  /** The m-lines on which the peer sends according to its last offer. */
  #sending: ReadonlySet<string> = new Set();

  constructor(options: PublishedTracksOptions) {
    this.#options = options;
  }

  /** To be called once for each offer. @returns number of m-lines on which the peer starts or stops to send with it */
  countChanges(sections: readonly OfferSection[]): number {
    const before = this.#sending;
    this.#sending = new Set(sections.filter(isSending).map(({ mid }) => mid));
    const kept = [...this.#sending].filter((mid) => before.has(mid)).length;
    return this.#sending.size + before.size - 2 * kept;
  }

  /** Applies an offer. @param names track ids by mid; a muted track is missing there and stays as it is */
  async apply(
    sections: readonly OfferSection[],
    names: Readonly<Record<string, string>>,
    metadata: Readonly<Record<string, Metadata>>,
    transport: PeerTransport,
  ): Promise<PublishedChanges> {
    const removed = this.#removeEnded(sections, names);
    const added: Track[] = [];
    for (const section of sections) {
      const trackId = names[section.mid];
      if (transport.closed) break;
      if (trackId === undefined || !isSending(section) || this.#byMid.has(section.mid)) continue;
      const track = await this.#publish(section, trackId, metadata[trackId] ?? null, transport);
      if (track) added.push(track);
    }
    return { added, removed };
  }

  /** The answer to an m-line on which the peer sends. */
  answer(section: OfferSection): SectionAnswer {
    const publication = this.#byMid.get(section.mid);
    const codec = publication && findCodec(section.codecs, [publication.mimeType]);
    if (!publication || publication.closed || !codec) return { section, use: 'inactive' };
    const rids = section.rids.filter((rid) => (publication.encodings as readonly string[]).includes(rid));
    return { section, use: 'receive', codec, rids };
  }

  /** Track ids by mid. */
  names(): [mid: string, trackId: string][] {
    return [...this.#byMid].map(([mid, publication]) => [mid, publication.trackId]);
  }

  #removeEnded(sections: readonly OfferSection[], names: Readonly<Record<string, string>>): string[] {
    return sections.flatMap((section) => {
      const publication = this.#byMid.get(section.mid);
      if (!publication) return [];
      const renamed = names[section.mid] !== undefined && names[section.mid] !== publication.trackId;
      if (isSending(section) && !renamed) return [];
      this.#byMid.delete(section.mid);
      publication.close();
      return [publication.trackId];
    });
  }

  async #publish(
    section: OfferSection,
    trackId: string,
    metadata: Metadata,
    transport: PeerTransport,
  ): Promise<Track | undefined> {
    const { router, simulcast, logger } = this.#options;
    const kind = section.kind as TrackType;
    const codec = findCodec(section.codecs, admittedTypes(router, kind));
    const taken = router.publications.has(trackId) || this.names().some(([, name]) => name === trackId);
    if (!codec) {
      const fields = { trackId, offered: offeredFormats(section.codecs), admitted: admittedTypes(router, kind) };
      logger.warn(fields, 'A track cannot be published: the room admits none of its codecs.');
      return undefined;
    }
    if (taken || this.#byMid.size >= maxTracks) {
      logger.warn({ trackId, taken, maxTracks }, 'A track cannot be published.');
      return undefined;
    }
    const encodings = simulcast ? simulcastEncodings(section) : [];
    const rtpParameters = producerParameters(section, codec, encodings, router.rtpCapabilities);
    try {
      const publication = await transport.publish({ trackId, kind, rtpParameters, encodings, h264: formatOf(codec) });
      this.#byMid.set(section.mid, publication);
    } catch (error) {
      if (!transport.closed) logger.warn({ trackId, err: error }, 'A track cannot be published.');
      return undefined;
    }
    return new Track({ id: trackId, type: kind, metadata, simulcast: simulcastConfig(section, encodings) });
  }
}

export function isSending(section: OfferSection): boolean {
  return !section.rejected && (section.direction === 'sendonly' || section.direction === 'sendrecv');
}

function admittedTypes(router: RoomRouter, kind: TrackType): string[] {
  const codecs = router.rtpCapabilities.codecs ?? [];
  return codecs.filter((codec) => codec.kind === kind).map(({ mimeType }) => mimeType);
}

function simulcastConfig(section: OfferSection, encodings: readonly Encoding[]) {
  if (encodings.length === 0) return withoutSimulcast;
  const disabledEncodings = encodings.filter((encoding) => section.inactiveRids.includes(encoding));
  return { enabled: true, activeEncodings: encodings, disabledEncodings };
}
