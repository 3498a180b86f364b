import type { Slot } from '../recorder/slot.ts';
import { healthBody } from '../recorder/slot-status.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callRoomName } from './call-name.ts';
import type { SessionFactory } from './session-factory.ts';
import { missingParameter, readStartRequest, type StartRequest } from './start-request.ts';

/** An answer of the facade. */
export interface JibriAnswer {
  readonly status: number;
  readonly contentType?: string;
  /** Empty unless given. */
  readonly body?: string;
  /** To be done when the answer is out. */
  readonly afterwards?: () => void;
}

/** A slot under its addresses; `room` when it belongs to one. */
export interface SlotAddress {
  readonly slot: Slot;
  readonly room?: Room<RoomRouter>;
}

const text = 'text/plain; charset=UTF-8';
const refused = (body: string): JibriAnswer => ({ status: 412, contentType: text, body });

type Route = (address: SlotAddress, body: string) => JibriAnswer | Promise<JibriAnswer>;

/** What orchestrators ask of a slot: docs/contracts/jibri.md 2 and 3. */
export class JibriApi {
  readonly #sessions: SessionFactory;
  readonly #callLoginRequired: boolean;
  readonly #external: Readonly<Record<string, readonly [method: string, route: Route]>> = {
    health: ['GET', ({ slot }) => ({ status: 200, contentType: 'application/json', body: healthBody(slot.status) })],
    startService: ['POST', (address, body) => this.#start(address, body)],
    stopService: ['POST', async ({ slot }) => slot.stop().then(() => ({ status: 200 }))],
  };
  readonly #internal: Readonly<Record<string, readonly [method: string, route: Route]>> = {
    notifyConfigChanged: ['POST', ({ slot }) => ({ status: 200, afterwards: () => slot.whenIdle('renew') })],
    gracefulShutdown: ['POST', ({ slot }) => ({ status: 200, afterwards: () => slot.whenIdle('expire') })],
    shutdown: ['POST', ({ slot }) => ({ status: 200, afterwards: () => shutDown(slot) })],
  };

  constructor(sessions: SessionFactory, callLoginRequired: boolean) {
    this.#sessions = sessions;
    this.#callLoginRequired = callLoginRequired;
  }

  /** @param name what follows the base path */
  async external(address: SlotAddress, method: string, name: string, body: string): Promise<JibriAnswer> {
    return await answer(this.#external, address, method, name, body);
  }

  /** @param name what follows the base path */
  async internal(address: SlotAddress, method: string, name: string): Promise<JibriAnswer> {
    return await answer(this.#internal, address, method, name, '');
  }

  /** In the order of docs/contracts/jibri.md 2.3. */
  #start({ slot, room }: SlotAddress, body: string): JibriAnswer {
    const request = readStartRequest(body);
    if (!request || !this.#sessions.accepts(request)) return { status: 500 };
    const missing = missingParameter(request, this.#callLoginRequired);
    if (missing !== undefined) return refused(missing);
    if (room && !isCallOf(room, request)) return refused('Call does not match');
    const sipAddress = request.sinkType === 'gateway' ? (request.sipClientParams?.sipAddress ?? null) : null;
    const accepted = slot.start({ sipAddress, open: () => this.#sessions.open(request, room) });
    return accepted ? { status: 200 } : refused('Jibri is currently busy');
  }
}

async function answer(
  routes: Readonly<Record<string, readonly [string, Route]>>,
  address: SlotAddress,
  method: string,
  name: string,
  body: string,
): Promise<JibriAnswer> {
  const entry = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (!entry) return { status: 404 };
  const [expected, route] = entry;
  return method === expected ? await route(address, body) : { status: 405 };
}

function shutDown(slot: Slot): void {
  slot.whenIdle('expire');
  void slot.stop();
}

function isCallOf(room: Room<RoomRouter>, { callParams: { callUrlInfo } }: StartRequest): boolean {
  return callUrlInfo.callName === '' || callRoomName(callUrlInfo).toLowerCase() === room.id.toLowerCase();
}
