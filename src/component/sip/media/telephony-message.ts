import type { FromTrackWorker, ToTrackWorker } from '../../../program/track-message.ts';
import type { UdpFeed } from '../../../sfu/udp-feed.ts';
import type { SipErrorCode } from '../sip-error.ts';
import type { MixerCounts } from './mixer-counts.ts';
import type { NegotiatedMedia } from './negotiated-media.ts';

/** An audio track of a room, to be mixed. */
export interface MixedTrack {
  readonly trackId: string;
}

/** Where the room receives what a phone says. */
export type FeedAddress = Pick<UdpFeed, 'port' | 'ssrc' | 'payloadType'>;

/** The UDP ports of a phone. */
export interface PhonePorts {
  /** Local address; `0.0.0.0` or `::`: any. */
  readonly listenAddress: string;
  readonly ports: { readonly min: number; readonly max: number };
}

/** From the server to a telephony worker. Rooms and phones have the numbers that the server gave them; unknown ones are ignored. */
export type ToTelephony =
  | { readonly type: 'openRoom'; readonly room: number }
  /** A track of a room. */
  | { readonly type: 'track'; readonly room: number; readonly message: ToTrackWorker<MixedTrack> }
  /** Comes after the end of its phones. */
  | { readonly type: 'closeRoom'; readonly room: number }
  /** `port`: the one that the phone had in a worker that is lost. The worker sends `opened` or `failed`. */
  | ({
      readonly type: 'openPhone';
      readonly phone: number;
      readonly room: number;
      readonly port?: number;
      readonly cname: string;
    } & PhonePorts)
  | { readonly type: 'use'; readonly phone: number; readonly media: NegotiatedMedia }
  /** The worker sends `joined` or `failed`. `from`: its own port in a worker that is lost. */
  | {
      readonly type: 'join';
      readonly phone: number;
      readonly feed: FeedAddress;
      /** The track of the feed, which the phone itself does not hear. */
      readonly trackId: string;
      readonly from?: number;
    }
  | { readonly type: 'audible'; readonly phone: number; readonly audible: boolean }
  /** The worker sends `dtmfEnded` with the same number. */
  | {
      readonly type: 'dtmf';
      readonly phone: number;
      readonly request: number;
      readonly digits: string;
      readonly duration: number;
    }
  /** The worker sends `closed`. */
  | { readonly type: 'closePhone'; readonly phone: number }
  /** The worker closes everything and sends `ended`; it exits with the end of its input, or by a signal. */
  | { readonly type: 'stop' };

/** From a telephony worker to the server. */
export type FromTelephony =
  | { readonly type: 'ready' }
  | { readonly type: 'track'; readonly room: number; readonly message: FromTrackWorker }
  /** `port`: for RTP of the phone. */
  | { readonly type: 'opened'; readonly phone: number; readonly port: number }
  /** The worker sends to the feed from this port of 127.0.0.1. */
  | { readonly type: 'joined'; readonly phone: number; readonly from: number }
  /** The phone could not be opened or could not join. */
  | { readonly type: 'failed'; readonly phone: number; readonly code: SipErrorCode; readonly reason: string }
  /** As the events of PhoneMedia. */
  | { readonly type: 'digit'; readonly phone: number; readonly digit: string }
  | { readonly type: 'received'; readonly phone: number }
  | { readonly type: 'silent'; readonly phone: number }
  /** `code`: why it failed. */
  | { readonly type: 'dtmfEnded'; readonly phone: number; readonly request: number; readonly code?: SipErrorCode }
  | { readonly type: 'closed'; readonly phone: number }
  /** Something of the worker failed, for the log. */
  | { readonly type: 'trouble'; readonly reason: string }
  | { readonly type: 'counts'; readonly counts: MixerCounts }
  | { readonly type: 'ended' };
