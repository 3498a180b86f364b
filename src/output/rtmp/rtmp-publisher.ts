import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock/clock.ts';
import type { ProgramFormat, ProgramSample } from '../../media/sample.ts';
import type { AddressGuard } from '../../net/address-guard.ts';
import { OutputError } from '../program-output.ts';
import { adobeAuthentication } from './adobe-authentication.ts';
import type { AmfObject, AmfValue } from './amf0.ts';
import { connectionFailure } from './connection-failure.ts';
import { audioHeader, metadataBody, sampleBody, videoHeader } from './flv-body.ts';
import { type RtmpCommand, RtmpConnection } from './rtmp-connection.ts';
import { messageType } from './rtmp-message.ts';
import type { RtmpTarget } from './rtmp-target.ts';

/** Timeout from the first packet to the permission to publish, in ms. */
const startTimeout = 10_000;
/** Time for the last bytes to be sent, in ms. */
const endTimeout = 1000;
/** Message of the error when the server closes the connection before the stream has started. */
export const connectionClosed = 'The RTMP server closed the connection: Input/output error';
/** Some servers accept streams of known encoders only. */
const encoderName = 'FMLE/3.0 (compatible; Shoal)';
const chunkStreams = { audio: 4, video: 6 } as const;
/** Transaction ids of the commands whose responses are awaited. */
const transactions = { connect: 1, createStream: 4 } as const;

export interface PublisherOptions {
  readonly target: RtmpTarget;
  readonly guard: AddressGuard;
  readonly clock: Clock;
}

/** Publishes one stream to a server: RTMP 1.0, section 7.2. */
export class RtmpPublisher {
  /** `lost`: the server has gone or stopped the stream. Emitted at most once, and not after `close()`. */
  readonly observer = new EventEmitter<{ lost: [] }>();
  readonly #connection: RtmpConnection;
  readonly #clock: Clock;
  readonly #streamName: string;
  readonly #streamId: number;
  #closing: Promise<void> | undefined;

  private constructor(connection: RtmpConnection, clock: Clock, streamName: string, streamId: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#streamName = streamName;
    this.#streamId = streamId;
    connection.observer.on('closed', () => this.#closing || this.observer.emit('lost'));
    connection.observer.on('command', ({ name, values }) => {
      if (name === 'onStatus' && statusOf(values).level === 'error') connection.destroy();
    });
  }

  /** Connects and starts publishing. @throws OutputError `refused` when the server refuses or closes the connection; `broken` when it cannot be reached */
  static async start(options: PublisherOptions, signal: AbortSignal): Promise<RtmpPublisher> {
    let authentication = '';
    // First without credentials, then with the user name, then with the response to the server's challenge.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const outcome = await new Start(options, authentication).run(signal);
      if (typeof outcome !== 'string') {
        const { connection, streamId } = outcome;
        return new RtmpPublisher(connection, options.clock, options.target.streamName, streamId);
      }
      const { credentials } = options.target;
      const next = credentials && adobeAuthentication(outcome, credentials, randomBytes(4).toString('hex'));
      if (next === undefined) break;
      authentication = next;
    }
    throw new OutputError('refused', 'The RTMP server refused the connection: Input/output error');
  }

  /** Number of unsent bytes. */
  get waiting(): number {
    return this.#connection.waiting;
  }

  /** @param time in ms */
  format(format: ProgramFormat, time: number): void {
    const { data, video, audio } = messageType;
    this.#send(data, time, metadataBody(format));
    this.#send(video, time, videoHeader(format));
    this.#send(audio, time, audioHeader(format));
  }

  /** @param time in ms */
  sample(sample: ProgramSample, time: number): void {
    this.#send(messageType[sample.kind], time, sampleBody(sample));
  }

  /** Closes the connection to a server that accepts no data. */
  drop(): void {
    this.#connection.destroy();
  }

  /** Ends the stream. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #send(type: number, timestamp: number, payload: Buffer): void {
    const chunkStream = type === messageType.audio ? chunkStreams.audio : chunkStreams.video;
    this.#connection.send(chunkStream, { type, streamId: this.#streamId, timestamp, payload });
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    if (connection.closed) return;
    connection.command(0, 'FCUnpublish', 5, null, this.#streamName);
    connection.command(0, 'deleteStream', 6, null, this.#streamId);
    connection.end();
    const cancel = this.#clock.schedule(endTimeout, () => connection.destroy());
    await new Promise<void>((resolve) => connection.observer.once('closed', resolve));
    cancel();
  }
}

interface Started {
  readonly connection: RtmpConnection;
  readonly streamId: number;
}

/** The commands from a connection to a stream. */
class Start {
  readonly #target: RtmpTarget;
  readonly #connection: RtmpConnection;
  readonly #clock: Clock;
  readonly #authentication: string;
  #streamId = 0;

  constructor({ target, guard, clock }: PublisherOptions, authentication: string) {
    this.#target = target;
    this.#clock = clock;
    this.#authentication = authentication;
    this.#connection = new RtmpConnection(target, guard);
  }

  /** Opens the stream. @returns its id, or why the server refused the connection. @throws OutputError */
  run(signal: AbortSignal): Promise<Started | string> {
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      const onCommand = (command: RtmpCommand) => {
        try {
          const outcome = this.#advance(command);
          if (outcome !== undefined) settle(() => resolve(outcome), typeof outcome === 'string');
        } catch (error) {
          settle(() => reject(error), true);
        }
      };
      const onClosed = () => settle(() => reject(this.#dropped()), true);
      const onTimeout = () =>
        settle(() => reject(new OutputError('broken', 'The RTMP server does not respond: Connection timed out')), true);
      const onAbort = () => settle(() => reject(new OutputError('broken', 'The stream was ended')), true);
      const cancel = this.#clock.schedule(startTimeout, onTimeout);
      const settle = (action: () => void, destroy: boolean) => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        connection.observer.off('command', onCommand).off('closed', onClosed);
        if (destroy) connection.destroy();
        action();
      };
      connection.observer.on('command', onCommand).on('closed', onClosed);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }

  #advance({ name, transaction, values }: RtmpCommand): Started | string | undefined {
    if (name === 'ready') this.#connect();
    else if (name === '_error') return this.#refused(transaction, values);
    else if (name === '_result' && transaction === transactions.connect) this.#createStream();
    else if (name === '_result' && transaction === transactions.createStream) this.#publish(values[1]);
    else if (name === 'onStatus') return this.#judge(values);
    return undefined;
  }

  #connect(): void {
    const { app, tcUrl } = this.#target;
    const suffix = this.#authentication;
    const about = { app: app + suffix, type: 'nonprivate', flashVer: encoderName, tcUrl: tcUrl + suffix };
    this.#connection.command(0, 'connect', transactions.connect, about);
  }

  #createStream(): void {
    const { streamName } = this.#target;
    this.#connection.command(0, 'releaseStream', 2, null, streamName);
    this.#connection.command(0, 'FCPublish', 3, null, streamName);
    this.#connection.command(0, 'createStream', transactions.createStream, null);
  }

  #publish(streamId: AmfValue | undefined): void {
    const usable = typeof streamId === 'number' && streamId >= 0 && streamId < 2 ** 32;
    this.#streamId = usable ? Math.floor(streamId) : 1;
    this.#connection.command(this.#streamId, 'publish', 5, null, this.#target.streamName, 'live');
  }

  #judge(values: readonly AmfValue[]): Started | undefined {
    const { level, code } = statusOf(values);
    if (level === 'error') throw refusal(code);
    return code === 'NetStream.Publish.Start' ? { connection: this.#connection, streamId: this.#streamId } : undefined;
  }

  /** Errors of the other commands of `#createStream` are ignored: some servers do not know them. */
  #refused(transaction: number, values: readonly AmfValue[]): string | undefined {
    const { code, description } = statusOf(values);
    if (transaction === transactions.createStream) throw refusal(code);
    if (transaction !== transactions.connect) return undefined;
    if (description.includes('authmod=')) return description;
    throw refusal(code);
  }

  /** Many servers refuse a stream by closing the connection. */
  #dropped(): OutputError {
    if (this.#connection.ready) return new OutputError('refused', connectionClosed);
    return connectionFailure(this.#connection.error);
  }
}

/** Only a code of words and dots is shown: any other text of the server could repeat our secrets. */
function refusal(code: string): OutputError {
  const shown = /^[\w.]{1,80}$/.test(code) ? code : 'no reason';
  return new OutputError('refused', `The RTMP server refused the stream (${shown}): Input/output error`);
}

function statusOf(values: readonly AmfValue[]): { level: string; code: string; description: string } {
  const found = values.find((value) => typeof value === 'object' && value !== null && 'code' in value);
  const { level, code, description } = (found ?? {}) as AmfObject;
  const text = (value: AmfValue | undefined) => (typeof value === 'string' ? value : '');
  return { level: text(level), code: text(code), description: text(description) };
}
