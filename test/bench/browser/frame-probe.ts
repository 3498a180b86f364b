// Runs in a page before its SDK does, and notes when the steps to the first picture have happened, in ms of the page's clock.

interface Steps {
  /** The server has authenticated the socket; the first frame from it. */
  authenticated?: number;
  /** The SDK has made its RTCPeerConnection: it has been asked for an offer. */
  asked?: number;
  /** The answer is there. */
  answered?: number;
  /** ICE and DTLS. */
  connected?: number;
  /** The first picture has left the decoder. */
  decoded?: number;
  /** Offers that were made so far. */
  rounds: number;
}

declare class MediaStreamTrackProcessor {
  constructor(options: { track: MediaStreamTrack });
  readonly readable: ReadableStream<{ close(): void }>;
}

const steps: Steps = { rounds: 0 };
Object.assign(globalThis, { frameSteps: steps });
/** Set by the page's owner: the way of the media, whatever the SDK wants. */
const { icePolicy } = globalThis as { icePolicy?: RTCIceTransportPolicy };

globalThis.WebSocket = class extends WebSocket {
  constructor(...options: ConstructorParameters<typeof WebSocket>) {
    super(...options);
    this.addEventListener('message', () => note('authenticated'), { once: true });
  }
};

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(configuration?: RTCConfiguration) {
    super(icePolicy ? { ...configuration, iceTransportPolicy: icePolicy } : configuration);
    note('asked');
    this.addEventListener('connectionstatechange', () => this.connectionState === 'connected' && note('connected'));
    this.addEventListener('track', ({ track }) => track.kind === 'video' && void watch(track));
  }

  override setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
    steps.rounds += 1;
    return super.setLocalDescription(description);
  }

  override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    note('answered');
    return super.setRemoteDescription(description);
  }
};

async function watch(track: MediaStreamTrack): Promise<void> {
  const frames = new MediaStreamTrackProcessor({ track }).readable.getReader();
  const { value } = await frames.read();
  note('decoded');
  value?.close();
  // From here on the SDK's user has the picture to himself.
  await frames.cancel();
}

function note(step: Exclude<keyof Steps, 'rounds'>): void {
  steps[step] ??= performance.now();
}
