export type Device = 'microphone' | 'camera';

/** What is missing, and why. `insecure`: the page came without HTTPS; `busy`: another program uses it. */
export interface MediaProblem {
  readonly missing: Device | 'both';
  readonly why: 'insecure' | 'refused' | 'busy' | 'absent';
}

/** 720 lines give three layers of simulcast. */
const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24 } };
const audio = { echoCancellation: true, noiseSuppression: true };

/** Microphone and camera of this computer, as far as there are any and the user permits their use. */
export class LocalMedia {
  readonly stream: MediaStream;
  /** Undefined: nothing is missing. */
  readonly problem: MediaProblem | undefined;

  private constructor(stream: MediaStream, problem: MediaProblem | undefined) {
    this.stream = stream;
    this.problem = problem;
  }

  /** Never fails: without microphone and camera the user is a viewer. */
  static async open(): Promise<LocalMedia> {
    if (!navigator.mediaDevices) return new LocalMedia(new MediaStream(), { missing: 'both', why: 'insecure' });
    const errors: unknown[] = [];
    for (const wanted of [{ audio, video }, { video }, { audio }]) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia(wanted);
        return new LocalMedia(stream, problemOf(stream, errors[0]));
      } catch (error) {
        errors.push(error);
        if (isRefusal(error)) break;
      }
    }
    const nothing = new MediaStream();
    return new LocalMedia(nothing, problemOf(nothing, errors[0]));
  }

  track(device: Device): MediaStreamTrack | undefined {
    return this.stream.getTracks().find(({ kind }) => kind === (device === 'camera' ? 'video' : 'audio'));
  }

  isActive(device: Device): boolean {
    return this.track(device)?.enabled ?? false;
  }

  setActive(device: Device, active: boolean): void {
    const track = this.track(device);
    if (track) track.enabled = active;
  }

  /** Takes another microphone or camera. @param deviceId as the browser lists it @throws when it cannot be used; the earlier one stays */
  async choose(device: Device, deviceId: string): Promise<void> {
    const wanted = { deviceId: { exact: deviceId } };
    const constraints = device === 'camera' ? { video: { ...video, ...wanted } } : { audio: { ...audio, ...wanted } };
    const [track] = (await navigator.mediaDevices.getUserMedia(constraints)).getTracks();
    const before = this.track(device);
    if (!track) return;
    track.enabled = before?.enabled ?? true;
    if (before) this.stream.removeTrack(before);
    before?.stop();
    this.stream.addTrack(track);
  }

  /** Idempotent. */
  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

function problemOf(stream: MediaStream, error: unknown): MediaProblem | undefined {
  const hasVideo = stream.getVideoTracks().length > 0;
  const hasAudio = stream.getAudioTracks().length > 0;
  if (hasVideo && hasAudio) return undefined;
  const missing = hasVideo ? 'microphone' : hasAudio ? 'camera' : 'both';
  if (isRefusal(error)) return { missing, why: 'refused' };
  const busy = error instanceof DOMException && error.name === 'NotReadableError';
  return { missing, why: busy ? 'busy' : 'absent' };
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError');
}
