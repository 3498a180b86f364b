import type { PageCalls, ReceivedTrack } from '../page-calls.ts';
import { CloudParticipant } from './cloud-participant.ts';
import { LegacyParticipant } from './legacy-participant.ts';
import type { RemoteTrackContext, SdkParticipant } from './sdk-participant.ts';

type Report = Map<string, Record<string, unknown>>;

let participant: SdkParticipant | undefined;
const events: { name: string; detail: unknown }[] = [];
/** What had arrived of remote tracks when they were last there, by track id. */
const followed = new Map<string, ReceivedTrack>();
const players = new WeakMap<MediaStreamTrack, HTMLMediaElement>();
const localTracks = new Map<string, MediaStreamTrack>();

const page: PageCalls = {
  join(sdk, host, token, metadata) {
    participant = sdk === 'cloud' ? new CloudParticipant() : new LegacyParticipant(sdk);
    return participant.join({ host, token, metadata, onEvent: (name, detail) => events.push({ name, detail }) });
  },

  async enter(sdk, host, token, kinds) {
    const tracks = await Promise.all(kinds.map((kind) => capture(kind, small)));
    await page.join(sdk, host, token, null);
    return await Promise.all(tracks.map((track) => current().addTrack(track, { type: track.kind })));
  },

  async publish(kind, metadata, simulcast) {
    const track = await capture(kind, simulcast ? large : small);
    const trackId = await current().addTrack(track, metadata, simulcast);
    localTracks.set(trackId, track);
    return trackId;
  },

  async unpublish(trackId) {
    await current().removeTrack(trackId);
    localTracks.get(trackId)?.stop();
  },

  async replace(trackId, what) {
    const track = what === 'nothing' ? null : what === 'camera' ? await capture('video', small) : drawn();
    await current().replaceTrack(trackId, track);
  },

  setTarget: (trackId, encoding) => current().setTarget(trackId, encoding),
  setEncoding: (trackId, encoding, enabled) => current().setEncoding(trackId, encoding, enabled),
  updatePeerMetadata: (metadata) => current().updatePeerMetadata(metadata),
  updateTrackMetadata: (trackId, metadata) => current().updateTrackMetadata(trackId, metadata),
  leave: () => current().leave(),
  events: () => events,

  remotePeers: () => current().remotePeers(),

  received: () => measure(current().remoteTracks()),

  async follow() {
    for (const track of await this.received()) followed.set(track.trackId, track);
    setTimeout(() => this.follow(), 100);
  },

  finished() {
    const present = new Set(
      current()
        .remoteTracks()
        .map(({ trackId }) => trackId),
    );
    return [...followed.values()].filter(({ trackId }) => !present.has(trackId));
  },

  async connection() {
    const report = (await current().statistics()) as unknown as Report;
    const pairs = [...report.values()].filter((entry) => entry['type'] === 'candidate-pair' && entry['nominated']);
    const pair = pairs.sort((a, b) => Number(b['bytesReceived']) - Number(a['bytesReceived']))[0];
    const local = report.get(String(pair?.['localCandidateId']));
    return { type: local?.['candidateType'], relayProtocol: local?.['relayProtocol'], protocol: local?.['protocol'] };
  },
};

function current(): SdkParticipant {
  if (!participant) throw new Error('Nobody has joined in this page.');
  return participant;
}

async function measure(contexts: readonly RemoteTrackContext[]): Promise<ReceivedTrack[]> {
  for (const { track } of contexts) if (track) play(track);
  const report = (await current().statistics()) as unknown as Report;
  const inbound = [...report.values()].filter((entry) => entry['type'] === 'inbound-rtp');
  return contexts.map(({ track, ...context }) => {
    // The newest stream of a track: an m-line that carried another one before keeps its old entry for a while.
    const streams = inbound.filter((entry) => entry['trackIdentifier'] === track?.id);
    const stream = streams.sort((a, b) => Number(b['framesDecoded'] ?? 0) - Number(a['framesDecoded'] ?? 0))[0];
    return {
      ...context,
      kind: track?.kind ?? null,
      framesReceived: Number(stream?.['framesReceived'] ?? 0),
      framesDecoded: Number(stream?.['framesDecoded'] ?? 0),
      framesDropped: Number(stream?.['framesDropped'] ?? 0),
      width: Number(stream?.['frameWidth'] ?? 0),
      audioEnergy: Number(stream?.['totalAudioEnergy'] ?? 0),
      packetsReceived: Number(stream?.['packetsReceived'] ?? 0),
      retransmitted: Number(stream?.['retransmittedPacketsReceived'] ?? 0),
      codec: codecOf(report, stream),
    };
  });
}

/** Three layers need a picture of this size; others are small, because tests share the machine. */
const large = { width: 1280, height: 720, frameRate: 24 };
const small = { width: 640, height: 360, frameRate: 15 };

async function capture(kind: 'audio' | 'video', video: MediaTrackConstraints): Promise<MediaStreamTrack> {
  const wanted = kind === 'audio' ? { audio: true } : { video };
  const stream = await navigator.mediaDevices.getUserMedia(wanted);
  return stream.getTracks()[0] as MediaStreamTrack;
}

/** A moving picture that is not the camera's. */
function drawn(): MediaStreamTrack {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  let frame = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${frame++ % 360} 80% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 50);
  return canvas.captureStream(20).getVideoTracks()[0] as MediaStreamTrack;
}

/** Sound is decoded only where it is played. */
function play(track: MediaStreamTrack): void {
  if (players.has(track)) return;
  const player = document.createElement(track.kind === 'audio' ? 'audio' : 'video');
  player.srcObject = new MediaStream([track]);
  players.set(track, player);
  void player.play();
}

function codecOf(report: Report, stream: Record<string, unknown> | undefined): string | null {
  const codec = report.get(String(stream?.['codecId']));
  return codec ? String(codec['mimeType']) : null;
}

Object.assign(window, { shoal: page });
