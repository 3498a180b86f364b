import type { ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { eventually } from '../../eventually.ts';
import { readWav, type Sound, soundLength } from '../../tone.ts';
import { openPeerFolder, startPeer } from './peer-process.ts';

export interface BaresipOptions {
  /** Account of the registrar. */
  readonly user: string;
  readonly password: string;
  /** `127.0.0.1:5060`; with transport `tls` its port for that. */
  readonly registrar: string;
  /** The first of {@link phonePorts} of 127.0.0.1 that are its own. */
  readonly port: number;
  readonly transport?: 'udp' | 'tcp' | 'tls';
  /** SRTP: `srtp` offers and accepts it beside RTP, `srtp-mand` takes nothing else. */
  readonly encryption?: 'srtp' | 'srtp-mand';
  /** In the order in which it likes them. Default all. */
  readonly codecs?: readonly BaresipCodec[];
  /** Whether it answers by itself. Default true. */
  readonly answers?: boolean;
  /** What it says, in Hz. Default 700. */
  readonly tone?: number;
  /** Lines of its configuration on top. */
  readonly extra?: readonly string[];
}

/** SIP, SIP with TLS, the control interface, and from the tenth on RTP. */
export const phonePorts = 30;

export type BaresipCodec = 'PCMA/8000/1' | 'PCMU/8000/1' | 'opus/48000/2';

/** One event, as its control interface tells it. */
export interface BaresipEvent {
  readonly type: string;
  readonly class?: string;
  readonly direction?: string;
  readonly peeruri?: string;
  readonly param?: string;
  readonly id?: string;
}

/** A telephone: baresip, which says a tone, records what it hears and says, and is controlled over TCP. */
export class Baresip {
  readonly events: BaresipEvent[] = [];
  /** What it said so far. */
  output = '';
  readonly #options: BaresipOptions;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #changes = new EventEmitter<{ change: [] }>();
  readonly #replies = new EventEmitter();
  #control: Socket | undefined;
  #unread = Buffer.alloc(0);
  #tokens = 0;

  private constructor(options: BaresipOptions, folder: string, child: ChildProcess) {
    this.#options = options;
    this.#folder = folder;
    this.#changes.setMaxListeners(0);
    this.#child = child;
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (text) => {
        this.output = (this.output + text).slice(-100_000);
      });
    }
  }

  /** Starts a phone and waits until it is registered. */
  static async start(t: Pick<Test, 'teardown'>, options: BaresipOptions): Promise<Baresip> {
    const folder = await openPeerFolder(t, 'baresip');
    await writeFile(join(folder, 'config'), configuration(options, folder));
    await writeFile(join(folder, 'accounts'), account(options));
    await writeFile(join(folder, 'contacts'), '');
    // the registrar takes telephones with the same one for one
    await writeFile(join(folder, 'uuid'), `00000000-0000-4000-8000-${String(options.port).padStart(12, '0')}`);
    // it ends when its input does
    const child = await startPeer('baresip', ['-4', '-v', '-f', folder], { folder });
    const phone = new Baresip(options, folder, child);
    t.teardown(() => phone.kill());
    await phone.#open();
    return phone;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIP URI at which it is reached without the registrar. */
  get uri(): string {
    return `sip:${this.#options.user}@127.0.0.1:${this.#options.port}`;
  }

  async dial(uri: string): Promise<void> {
    await this.command('dial', uri);
  }

  async hangUp(): Promise<void> {
    await this.command('hangup');
  }

  async hold(): Promise<void> {
    await this.command('hold');
  }

  async resume(): Promise<void> {
    await this.command('resume');
  }

  /** Presses keys, one after the other. */
  async press(digits: string): Promise<void> {
    for (const digit of digits) {
      await this.command('sndcode', digit);
      // it holds a key until it hears that it was let go
      await this.command('sndcode', '\u0004');
    }
  }

  /** Sends a command and waits for its answer. @throws when it fails */
  async command(command: string, params = ''): Promise<string> {
    this.#tokens += 1;
    const token = String(this.#tokens);
    const answered = once(this.#replies, token);
    const text = JSON.stringify({ command, params, token });
    this.#control?.write(`${Buffer.byteLength(text)}:${text},`);
    const [{ ok, data }] = await answered;
    if (!ok) throw new Error(`${command} ${params}: ${data}`);
    return String(data ?? '');
  }

  /** Waits until so many events of a type have come. @returns the last of these */
  async sees(type: string, count = 1): Promise<BaresipEvent> {
    for (;;) {
      const event = this.events.filter((each) => each.type === type)[count - 1];
      if (event) return event;
      if (!this.running) {
        throw new Error(`baresip has ended without ${type}: ${this.output}`);
      }
      await once(this.#changes, 'change');
    }
  }

  /** Keys that it was sent, in order. */
  get pressed(): string {
    const keys = this.events.filter(({ type }) => type === 'CALL_DTMF_START');
    return keys.map(({ param }) => param ?? '').join('');
  }

  /** What it has heard in this call until now, or in the last one. */
  async heard(): Promise<Sound> {
    return await this.#recording('dec');
  }

  /** Waits until it has heard so many ms of this call, its beginning included, whatever they hold. */
  async hearsFor(duration: number): Promise<void> {
    await eventually(`the phone hears ${duration} ms`, async () => soundLength(await this.heard()) >= duration);
  }

  /** Waits until a call has ended, the `count`th. @returns what it heard and said in it; both are forgotten then */
  async recorded(count = 1): Promise<{ heard: Sound; said: Sound }> {
    await this.sees('CALL_CLOSED', count);
    const recorded = { heard: await this.#recording('dec'), said: await this.#recording('enc') };
    // another call in the same second would be written to the same files
    for (const name of await this.#recordings('wav')) await rm(join(this.#folder, name));
    return recorded;
  }

  /** Ends its calls and its registration, and ends. */
  async switchOff(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#exited;
    this.#control?.destroy();
  }

  /** Idempotent; as if the power had failed: the registrar goes on to call it. */
  async kill(): Promise<void> {
    this.#control?.destroy();
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  async #open(): Promise<void> {
    await eventually('baresip can be controlled', async () => {
      const socket = connect({ host: '127.0.0.1', port: this.#options.port + 2 });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.on('data', (data) => this.#read(data));
      this.#control = socket;
      return true;
    });
    // the registration may have come before the control interface
    await eventually('baresip is registered', () => {
      if (this.#child.exitCode !== null) throw new Error(this.output);
      return this.events.some(({ type }) => type === 'REGISTER_OK') || /200 OK.*\[\d+ binding/.test(this.output);
    });
  }

  async #recording(direction: 'dec' | 'enc'): Promise<Sound> {
    const name = (await this.#recordings(`${direction}.wav`)).at(-1);
    if (!name) throw new Error(`There is no recording of this phone: ${this.output}`);
    return readWav(await readFile(join(this.#folder, name)));
  }

  /** Their names hold the second in which they began. */
  async #recordings(end: string): Promise<string[]> {
    return (await readdir(this.#folder)).filter((name) => name.endsWith(end)).sort();
  }

  /** Netstrings: length, colon, JSON, comma. */
  #read(data: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, data]);
    for (;;) {
      const colon = this.#unread.indexOf(':');
      if (colon < 0) return;
      const length = Number(this.#unread.toString('latin1', 0, colon));
      if (this.#unread.length < colon + length + 2) return;
      const message = JSON.parse(this.#unread.toString('utf8', colon + 1, colon + 1 + length));
      this.#unread = this.#unread.subarray(colon + length + 2);
      if (message.event) this.events.push(message);
      else this.#replies.emit(String(message.token), message);
      this.#changes.emit('change');
    }
  }
}

function account({ user, password, registrar, ...options }: BaresipOptions): string {
  const { transport = 'udp', encryption, codecs, answers = true } = options;
  const fields = [
    `<sip:${user}@${registrar};transport=${transport}>`,
    `auth_user=${user}`,
    `auth_pass=${password}`,
    `answermode=${answers ? 'auto' : 'manual'}`,
    `audio_codecs=${(codecs ?? ['PCMA/8000/1', 'PCMU/8000/1', 'opus/48000/2']).join(',')}`,
    'regint=60',
    ...(encryption ? [`mediaenc=${encryption}`] : []),
  ];
  return `${fields.join(';')}\n`;
}

function configuration({ port, tone = 700, extra = [] }: BaresipOptions, folder: string): string {
  const modules = ['g711', 'opus', 'ausine', 'aubridge', 'sndfile', 'srtp'];
  const applications = ['account', 'menu', 'ctrl_tcp'];
  return [
    'poll_method epoll',
    // the name of the loopback device is refused
    'net_interface 127.0.0.1',
    `sip_listen 127.0.0.1:${port}`,
    `rtp_ports ${port + 10}-${port + phonePorts - 1}`,
    `ctrl_tcp_listen 127.0.0.1:${port + 2}`,
    `audio_source ausine,${tone}`,
    // the tone is there in this form only; with another it hangs up at once
    'ausrc_srate 48000',
    'ausrc_channels 2',
    // there is no file to play to: both directions are recorded on their way instead
    'audio_player aubridge,none',
    `snd_path ${folder}`,
    'audio_buffer 20-160',
    'call_local_timeout 120',
    'call_max_calls 4',
    'module_path /usr/lib/baresip/modules',
    ...modules.map((name) => `module ${name}.so`),
    'module_tmp uuid.so',
    ...applications.map((name) => `module_app ${name}.so`),
    ...extra,
    '',
  ].join('\n');
}
