export type Device = 'microphone' | 'camera';

/** 720 lines give three layers of simulcast. */
const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24 } };
const audio = { echoCancellation: true, noiseSuppression: true };

/** Microphone and camera of this computer, as far as there are any and the user permits their use. */
export class LocalMedia {
  readonly stream: MediaStream;
  /** What is missing and why, for the user; empty when nothing is. */
  readonly complaint: string;

  private constructor(stream: MediaStream, complaint: string) {
    this.stream = stream;
    this.complaint = complaint;
  }

  /** Never fails: without microphone and camera the user is a viewer. */
  static async open(): Promise<LocalMedia> {
    if (!navigator.mediaDevices) {
      const secure = 'Browsers permit camera and microphone only to pages on localhost or over HTTPS.';
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
  if (isRefusal(problem)) return `The browser does not permit this page to use your ${missing}.${role}`;
  const busy = problem instanceof DOMException && problem.name === 'NotReadableError';
  return `${busy ? 'Another program uses your' : 'Found no'} ${missing}.${role}`;
}

function isRefusal(problem: unknown): boolean {
  return problem instanceof DOMException && (problem.name === 'NotAllowedError' || problem.name === 'SecurityError');
}
