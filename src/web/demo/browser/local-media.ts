export type Device = 'microphone' | 'camera';

/** Small cameras still give three layers of which the highest is 720 lines. */
const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24 } };
const audio = { echoCancellation: true, noiseSuppression: true };

/** This computer's microphone and camera, as far as it has them and the user lets us. */
export class LocalMedia {
  readonly stream: MediaStream;
  /** What is missing and why, in words for people; empty when all is there. */
  readonly complaint: string;

  private constructor(stream: MediaStream, complaint: string) {
    this.stream = stream;
    this.complaint = complaint;
  }

  /** Never fails: who has neither, watches. */
  static async open(): Promise<LocalMedia> {
    if (!navigator.mediaDevices) {
      const secure = 'Browsers lend camera and microphone only to pages on localhost or over HTTPS.';
      return new LocalMedia(new MediaStream(), `${secure} You joined as a viewer.`);
    }
    const problems: unknown[] = [];
    for (const wanted of [{ audio, video }, { video }, { audio }]) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia(wanted);
        return new LocalMedia(stream, complain(stream, problems[0]));
      } catch (error) {
        problems.push(error);
        if (isRefusal(error)) break;
      }
    }
    const nothing = new MediaStream();
    return new LocalMedia(nothing, complain(nothing, problems[0]));
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

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}

function complain(stream: MediaStream, problem: unknown): string {
  const hasVideo = stream.getVideoTracks().length > 0;
  const hasAudio = stream.getAudioTracks().length > 0;
  if (hasVideo && hasAudio) return '';
  const missing = hasVideo ? 'microphone' : hasAudio ? 'camera' : 'camera or microphone';
  const role = hasVideo || hasAudio ? '' : ' You joined as a viewer: you see and hear the others.';
  if (isRefusal(problem)) return `The browser does not lend this page your ${missing}.${role}`;
  const busy = problem instanceof DOMException && problem.name === 'NotReadableError';
  return `${busy ? 'Another program uses your' : 'Found no'} ${missing}.${role}`;
}

function isRefusal(problem: unknown): boolean {
  return problem instanceof DOMException && (problem.name === 'NotAllowedError' || problem.name === 'SecurityError');
}
