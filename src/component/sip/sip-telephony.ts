import type { Room } from '../../room/room.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { AccountLine, type LineSurroundings } from './account-line.ts';
import type { CallSettings } from './call/dialog-call.ts';
import { receiveCall } from './call/incoming-call.ts';
import { OutgoingCall } from './call/outgoing-call.ts';
import type { PhoneMedia } from './media/phone-media.ts';
import type { TelephonyWorkers } from './media/telephony-workers.ts';
import type {
  IncomingCalls,
  OutgoingCallRequest,
  RegistrationRequest,
  SipCall,
  SipRegistration,
  Telephony,
} from './telephony.ts';

export interface SipTelephonyOptions {
  readonly surroundings: LineSurroundings;
  readonly settings: CallSettings;
  readonly workers: Pick<TelephonyWorkers, 'open'>;
}

/** Telephony over SIP and RTP. */
export class SipTelephony implements Telephony {
  readonly #surroundings: LineSurroundings;
  readonly #settings: CallSettings;
  readonly #workers: Pick<TelephonyWorkers, 'open'>;

  constructor({ surroundings, settings, workers }: SipTelephonyOptions) {
    this.#surroundings = surroundings;
    this.#settings = settings;
    this.#workers = workers;
  }

  register({ incoming, ...request }: RegistrationRequest): SipRegistration {
    const line = new AccountLine(this.#surroundings, request);
    const stop = incoming ? this.#accept(line, incoming, true) : () => undefined;
    return registrationUntil(line.register(request.account), stop);
  }

  listen(incoming: IncomingCalls, contact?: string): () => void {
    const line = new AccountLine(this.#surroundings, contact === undefined ? {} : { contact });
    return this.#accept(line, incoming, false);
  }

  call({ target, openMedia, ...request }: OutgoingCallRequest): SipCall {
    const line = new AccountLine(this.#surroundings, request);
    return new OutgoingCall({ line, settings: this.#settings, target, openMedia });
  }

  async openMedia(room: Room<RoomRouter>): Promise<PhoneMedia> {
    return await this.#workers.open(room);
  }

  /** @param asserted whether calls come from a registrar, which says who calls */
  #accept(line: AccountLine, incoming: IncomingCalls, asserted: boolean): () => void {
    const options = { line, settings: this.#settings, incoming, asserted };
    return line.acceptCalls((transaction) => receiveCall(transaction, options));
  }
}

/** The registration, with something that ends with it. */
function registrationUntil(registration: SipRegistration, end: () => void): SipRegistration {
  return {
    observer: registration.observer,
    get state() {
      return registration.state;
    },
    get lastError() {
      return registration.lastError;
    },
    close: async () => {
      end();
      await registration.close();
    },
  };
}
