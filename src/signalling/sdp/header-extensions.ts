import type { OfferSection } from './offer.ts';

const twcc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const absSendTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const mid = 'urn:ietf:params:rtp-hdrext:sdes:mid';

const accepted: Record<'audio' | 'video', readonly string[]> = {
  audio: [mid, 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', absSendTime, twcc],
  video: [
    mid,
    'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
    'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
    absSendTime,
    twcc,
    'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  ],
};

/**
 * Header extensions that are accepted in answers. The set is the same for every m-line of a kind, whatever its direction:
 * browsers offer on later m-lines only what was negotiated before. `urn:3gpp:video-orientation` is not accepted: without it browsers rotate
 * frames before they encode them, so that recordings and everything else without header extensions are upright
 * (docs/contracts/media-events.md 5).
 */
export function negotiatedExtensions(section: OfferSection): { uri: string; id: number }[] {
  if (section.kind === 'application') return [];
  return accepted[section.kind].flatMap((uri) => {
    const id = section.extensions.get(uri);
    return id === undefined ? [] : { uri, id };
  });
}
