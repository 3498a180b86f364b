import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Receiver } from '../../net/receiver.ts';
import type { Cleanup } from './cleanup.ts';
import { ServerProcess } from './server-process.ts';
import type { PictureSize } from './virtual-display.ts';

export interface RecorderFleetOptions {
  readonly count: number;
  readonly size: PictureSize;
  readonly frameRate: number;
  /** Where their files go. */
  readonly folder: string;
}

/** A session that records. */
export interface RunningSession {
  readonly index: number;
  /** Ms from the request to the first recorded picture. */
  readonly startTime: number;
  /** When that was. */
  readonly began: number;
}

export interface FinishedSession {
  /** Ms from the request to its answer. */
  readonly stopTime: number;
  /** Path of the MP4. */
  readonly file: string;
  /** Seconds that it should last. */
  readonly length: number;
}

/** The recorders of one server, as an orchestrator drives them. */
export class RecorderFleet {
  readonly server: ServerProcess;
  readonly #receiver: Receiver;
  readonly #folder: string;
  #sessions = 0;

  private constructor(server: ServerProcess, receiver: Receiver, folder: string) {
    this.server = server;
    this.#receiver = receiver;
    this.#folder = folder;
  }

  static async start(
    cleanup: Cleanup,
    { count, size, frameRate, folder }: RecorderFleetOptions,
  ): Promise<RecorderFleet> {
    const receiver = await Receiver.start(cleanup);
    const server = await ServerProcess.start(cleanup, {
      ...{ SHOAL_TURN: 'off', FJ_LOG_LEVEL: 'error', JIBRI_HTTP_API_EXTERNAL_PORT: 'off' },
      ...{ JIBRI_INSTANCE_ID: 'rec', JIBRI_SLOTS: String(count), JIBRI_RECORDING_DIR: folder },
      ...{ JIBRI_WEBHOOK_SUBSCRIBERS: receiver.url, SHOAL_PROGRAM_SIZE: `${size.width}x${size.height}` },
      SHOAL_PROGRAM_FRAME_RATE: String(frameRate),
    });
    return new RecorderFleet(server, receiver, folder);
  }

  /** Starts the next recorder. Resolves with its first recorded picture. */
  async record(callName: string): Promise<RunningSession> {
    const index = this.#sessions++;
    const sessionId = `session-${index}`;
    const callParams = { callUrlInfo: { baseUrl: 'https://meet.example.org', callName } };
    const begin = performance.now();
    await this.#ask(index, 'startService', { sessionId, sinkType: 'file', callLoginParams: {}, callParams });
    await this.#isOn(sessionId);
    const began = performance.now();
    return { index, startTime: began - begin, began };
  }

  async stop({ index, began }: RunningSession): Promise<FinishedSession> {
    const begin = performance.now();
    await this.#ask(index, 'stopService', {});
    const stopTime = performance.now() - begin;
    const folder = join(this.#folder, `session-${index}`);
    const names = await readdir(folder);
    const composite = names.find((each) => each.endsWith('.mp4'));
    if (!composite) throw new Error(`A session has left nothing but ${names}.`);
    return { stopTime, file: join(folder, composite), length: (begin - began) / 1000 };
  }

  async #ask(index: number, what: string, body: unknown): Promise<void> {
    const slot = index === 0 ? 'rec' : `rec-${index}`;
    await this.server.ask('POST', `/recorders/${slot}/jibri/api/v1.0/${what}`, 200, body);
  }

  /** A recorder says that it is on with the first picture in its file. */
  async #isOn(sessionId: string): Promise<void> {
    for (let seen = 0; ; seen += 1) {
      const { body } = (await this.#receiver.received(seen + 1))[seen] as { body: Buffer };
      const { session } = JSON.parse(String(body));
      if (session?.sessionId !== sessionId) continue;
      if (session.status === 'ON') return;
      throw new Error(`A session failed: ${body}`);
    }
  }
}
