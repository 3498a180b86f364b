import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from './cleanup.ts';
import { CompanionProcess } from './companion-process.ts';

/** Milliseconds. */
const startTimeout = 10_000;

/** A PulseAudio of our own with a loudspeaker that nobody hears; needs no session and no configuration. */
export class SoundServer {
  /** What programs that play or record have to find in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly pid: number;
  /** Records what is played. */
  static readonly source = 'speaker.monitor';

  private constructor(environment: Record<string, string>, pid: number) {
    this.environment = environment;
    this.pid = pid;
  }

  static async start(cleanup: Cleanup): Promise<SoundServer> {
    const folder = await mkdtemp(join(tmpdir(), 'shoal-sound-'));
    cleanup.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const socket = join(folder, 'native');
    const modules = [
      'module-null-sink sink_name=speaker rate=48000',
      `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    ];
    const options = ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disable-shm=no'];
    const load = modules.flatMap((module) => ['-L', module]);
    const own = { HOME: folder, XDG_RUNTIME_DIR: folder, PULSE_RUNTIME_PATH: folder, PULSE_STATE_PATH: folder };
    const env = { ...process.env, ...own };
    const pulse = await CompanionProcess.start(cleanup, 'pulseaudio', [...options, ...load], { env });
    const deadline = performance.now() + startTimeout;
    while (!existsSync(socket)) {
      if (!pulse.running || performance.now() > deadline) throw new Error('PulseAudio does not start.');
      await delay(20);
    }
    return new SoundServer({ PULSE_SERVER: `unix:${socket}`, PULSE_SINK: 'speaker' }, pulse.pid);
  }
}
