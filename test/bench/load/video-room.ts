import { atOnce } from './at-once.ts';
import type { Cleanup } from './cleanup.ts';
import { Janus, type JanusOptions } from './janus.ts';
import type { JanusSocket, Jsep } from './janus-socket.ts';
import { Publisher } from './publisher.ts';
import type { Receivers } from './receivers.ts';
import { measureRound, type Round } from './round.ts';

const room = 1;

/** One publisher and many WebRTC receivers in a VideoRoom of Janus. */
export class VideoRoom {
  readonly #janus: Janus;
  readonly #admin: JanusSocket;
  readonly #publisher: Publisher;
  readonly #receivers: readonly Handle[];

  private constructor(janus: Janus, admin: JanusSocket, publisher: Publisher, receivers: readonly Handle[]) {
    this.#janus = janus;
    this.#admin = admin;
    this.#publisher = publisher;
    this.#receivers = receivers;
  }

  /** @param rate packets per second that are published */
  static async open(
    cleanup: Cleanup,
    receivers: Receivers,
    count: number,
    rate: number,
    options: Omit<JanusOptions, 'room'>,
  ): Promise<VideoRoom> {
    const janus = await Janus.start(cleanup, { ...options, room });
    const socket = await janus.open(cleanup);
    const { id: feed, publisher } = await publish(cleanup, await Handle.attach(socket), rate);
    const handles = await atOnce(4, Array(count).fill(undefined), async () => {
      const handle = await Handle.attach(socket);
      const { jsep } = await handle.say({ request: 'join', ptype: 'subscriber', room, streams: [{ feed }] });
      if (!jsep) throw new Error('Janus made no offer.');
      await receivers.connect(jsep.sdp, async (sdp) => {
        await handle.say({ request: 'start' }, { type: 'answer', sdp });
      });
      return handle;
    });
    return new VideoRoom(janus, await janus.openAdmin(cleanup), publisher, handles);
  }

  /** @param duration milliseconds */
  async forward(duration: number): Promise<Round> {
    const { source } = this.#publisher;
    return await measureRound({ pids: [this.#janus.pid], source, duration, packetsSent: () => this.#packetsSent() });
  }

  /** All receivers get the same, so that one of them tells how many there were; asking about all would cost too much. */
  async #packetsSent(): Promise<number> {
    const [receiver] = this.#receivers as [Handle];
    const { info } = (await this.#admin.request({ janus: 'handle_info', ...receiver.ids })) as unknown as HandleInfo;
    const sent = info.webrtc.media['0']?.stats.out.packets ?? 0;
    return sent * this.#receivers.length;
  }
}

/** The part that is of interest here. */
interface HandleInfo {
  readonly info: {
    readonly webrtc: {
      readonly media: Record<string, { readonly stats: { readonly out: { readonly packets: number } } }>;
    };
  };
}

interface Reply {
  readonly jsep?: Jsep;
  readonly data: Record<string, unknown>;
}

/** One client of the VideoRoom. */
class Handle {
  readonly ids: { readonly session_id: number; readonly handle_id: number };
  readonly #socket: JanusSocket;

  private constructor(socket: JanusSocket, ids: Handle['ids']) {
    this.#socket = socket;
    this.ids = ids;
  }

  static async attach(socket: JanusSocket): Promise<Handle> {
    const session_id = idOf(await socket.request({ janus: 'create' }));
    const handle_id = idOf(await socket.request({ janus: 'attach', session_id, plugin: 'janus.plugin.videoroom' }));
    return new Handle(socket, { session_id, handle_id });
  }

  /** Resolves when Janus lets the media of this client in. */
  untilUp(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.observer.on('up', (id) => id === this.ids.handle_id && resolve());
    });
  }

  async say(body: Record<string, unknown>, jsep?: Jsep): Promise<Reply> {
    const answer = await this.#socket.request({ janus: 'message', ...this.ids, body, ...(jsep && { jsep }) });
    return {
      data: {},
      ...(answer['plugindata'] as object),
      ...(answer['jsep'] ? { jsep: answer['jsep'] as Jsep } : {}),
    };
  }
}

function idOf(answer: Record<string, unknown>): number {
  return (answer['data'] as { id: number }).id;
}

async function publish(cleanup: Cleanup, handle: Handle, rate: number) {
  const { data } = await handle.say({ request: 'join', ptype: 'publisher', room });
  const up = handle.untilUp();
  const publisher = await Publisher.connect(cleanup, rate, async (sdp) => {
    const { jsep } = await handle.say({ request: 'publish' }, { type: 'offer', sdp });
    if (!jsep) throw new Error('Janus made no answer.');
    return jsep.sdp;
  });
  await up;
  return { id: data['id'] as number, publisher };
}
