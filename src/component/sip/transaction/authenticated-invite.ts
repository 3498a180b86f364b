import { EventEmitter } from 'node:events';
import type { SipRequest } from '../message/sip-message.ts';
import { isChallenge } from './challenges.ts';
import type { RequestAttempts } from './request-attempts.ts';
import type { InviteTransaction, InviteTransactionEvents } from './transaction.ts';

/** An INVITE that is sent again with credentials when it is challenged: one transaction after the other. */
export class AuthenticatedInvite implements InviteTransaction {
  readonly observer = new EventEmitter<InviteTransactionEvents>();
  readonly #invite: (attempts: RequestAttempts) => InviteTransaction;
  readonly #attempts: RequestAttempts;
  #current: InviteTransaction;
  #cancelled = false;

  /** @param invite sends what is to be sent next */
  constructor(invite: (attempts: RequestAttempts) => InviteTransaction, attempts: RequestAttempts) {
    this.#invite = invite;
    this.#attempts = attempts;
    this.#current = this.#send();
  }

  get request(): SipRequest {
    return this.#current.request;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#current.cancel();
  }

  #send(): InviteTransaction {
    const transaction = this.#invite(this.#attempts);
    transaction.observer
      .on('provisional', (received) => this.observer.emit('provisional', received))
      .on('accepted', (received) => this.observer.emit('accepted', received))
      .on('failed', (error) => this.observer.emit('failed', error))
      .on('rejected', (received) => {
        if (!this.#cancelled && isChallenge(received) && this.#attempts.answer(received)) this.#current = this.#send();
        else this.observer.emit('rejected', received);
      });
    return transaction;
  }
}
