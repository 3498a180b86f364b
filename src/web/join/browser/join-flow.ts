import type {
  JoinAdmitted,
  JoinConference,
  JoinElsewhere,
  JoinOpen,
  JoinRefused,
} from '../../../api/scheduling/join-reply.ts';
import { find } from '../../call/browser/from-template.ts';
import { type Invitation, JoinError, RefusedError } from '../../call/browser/invitation.ts';
import type { VisitEnd } from '../../call/browser/visit.ts';
import { ConferenceCall } from './conference-call.ts';
import { Entrance, type Waiting } from './entrance.ts';
import { type Identity, JoinClient } from './join-client.ts';
import type { CardName, JoinTexts } from './join-texts.ts';
import { Lobby } from './lobby.ts';
import { type CardAction, MessageCard } from './message-card.ts';
import { webAddress } from './web-address.ts';

/** The way of a visitor: who is it, wait if need be, the meeting, and back. */
export class JoinFlow {
  readonly #texts: JoinTexts;
  readonly #client = new JoinClient();
  readonly #entrance: Entrance;
  readonly #card = new MessageCard();
  readonly #lobby: Lobby;
  readonly #call: ConferenceCall;
  /** Of the address of the page: a personal link, or an e-mail address that is only proposed. */
  readonly #link = identityOf(new URLSearchParams(location.search));
  #identity: Identity = this.#link.data === undefined ? {} : this.#link;
  /** Ends what waits. */
  #waiting = new AbortController();

  constructor(texts: JoinTexts) {
    this.#texts = texts;
    this.#entrance = new Entrance(this.#client, (waiting) => this.#showWaiting(waiting));
    this.#lobby = new Lobby(texts, (name, given) => this.#join(name, given));
    this.#call = new ConferenceCall({
      texts,
      notice: (text) => this.#notice(text),
      onSwitch: (device, active) => this.#lobby.remember(device, active),
      onEnd: (end) => this.#ended(end),
    });
  }

  /** Finds out who comes, and shows the form or why there is none. */
  async start(): Promise<void> {
    this.#notice('');
    this.#showCard('checking', [], true);
    await this.#unlessLeft(async (signal) => this.#meet(await this.#entrance.look(this.#identity, signal)));
  }

  /** Leaves. Idempotent. */
  close(): void {
    this.#waiting.abort();
    this.#call.close();
    this.#lobby.close();
  }

  #meet(state: JoinOpen | JoinElsewhere | JoinRefused): void {
    if (!state.error) return 'redirect' in state ? this.#goTo(state.redirect) : this.#openLobby(state);
    if (state.reason === 'identityRequired' && state.email_admits !== false) return this.#openLobby(undefined);
    if (this.#entrance.isEarly(state)) return this.#openLobby(state.conference, state.from);
    this.#refuse(state);
  }

  /** @param conference what is known of it. @param from when everybody is let in */
  #openLobby(conference: JoinConference | undefined, from?: string): void {
    const asksWho = this.#link.data === undefined;
    const questions = { email: asksWho, number: asksWho && !/^\/room\//.test(location.pathname) };
    this.#describe(conference);
    this.#card.hide();
    this.#lobby.open(questions, {
      name: conference?.display_name ?? '',
      email: this.#link.email ?? '',
      text: from === undefined ? '' : this.#texts.early(new Date(from)),
    });
  }

  #describe(conference: JoinConference | undefined): void {
    if (!conference) return;
    const { name, start, end } = conference;
    find('#title').textContent = name || this.#texts.conference;
    find('#period').textContent = this.#texts.period(new Date(start), new Date(end));
    document.title = name || this.#texts.conference;
  }

  async #join(name: string, given: Identity): Promise<void> {
    this.#notice('');
    this.#identity = { ...this.#identity, ...given };
    const ask = () => this.#client.join(this.#identity, name);
    await this.#unlessLeft(async (signal) => {
      const reply = await this.#entrance.join(this.#identity, ask, signal);
      if (reply.error) return this.#refuse(reply);
      if ('redirect' in reply) return this.#goTo(reply.redirect);
      await this.#admitted(reply, ask);
    });
  }

  async #admitted(reply: JoinAdmitted, ask: () => Promise<JoinAdmitted | JoinElsewhere | JoinRefused>): Promise<void> {
    this.#describe(reply);
    const app = webAddress(reply.app_url);
    const inBrowser = () => (reply.client_url === undefined ? this.#enter(reply, ask) : this.#goTo(reply.client_url));
    if (!app) return await inBrowser();
    const { inApp, inBrowser: label } = this.#texts;
    this.#showCard('openApp', [
      { label: inApp, act: app },
      { label, act: () => void inBrowser() },
    ]);
  }

  async #enter(first: JoinAdmitted, ask: () => Promise<JoinAdmitted | JoinElsewhere | JoinRefused>): Promise<void> {
    let next: JoinAdmitted | undefined = first;
    const invite = async (): Promise<Invitation> => {
      const reply = next ?? (await ask());
      next = undefined;
      if (!reply.error && 'token' in reply) return reply;
      if (reply.error && ['tooManyRequests', 'full'].includes(reply.reason)) throw new JoinError(reply.text);
      throw new RefusedError(reply.error ? reply.text : '');
    };
    const media = await this.#lobby.takeMedia();
    this.#lobby.hide();
    this.#card.hide();
    try {
      await this.#call.enter(media, invite);
    } catch (error) {
      media.close();
      console.warn(error);
      this.#showCard('failed', [this.#again(this.#texts.tryAgain)]);
    }
  }

  #refuse({ reason }: JoinRefused): void {
    const bare = this.#identity.data === undefined && this.#identity.email !== undefined;
    const again = this.#again(this.#texts.tryAgain);
    if (reason === 'notInvited' || reason === 'notFound') {
      // Somebody who may have mistyped gets the form again.
      return this.#showCard(reason, bare ? [this.#again(this.#texts.back)] : []);
    }
    if (reason === 'identityRequired') return this.#showCard('linkRequired');
    if (reason === 'outsideWindow') return this.#showCard('ended', [again]);
    this.#showCard(reason === 'unavailable' ? 'serverAway' : reason, [again]);
  }

  #ended(end: VisitEnd | undefined): void {
    const again = [this.#again(this.#texts.rejoin)];
    this.#notice('');
    if (!end) return this.#showCard('left', again);
    if (end.cause === 'removed') return this.#showCard(end.reason === 'Room stopped' ? 'closed' : 'removed', again);
    this.#showCard(end.cause === 'refused' ? 'closed' : 'unreachable', again);
  }

  #showWaiting(waiting: Waiting): void {
    const { cards, back } = this.#texts;
    const isEarly = waiting.cause === 'early';
    if (isEarly) this.#describe(waiting.conference);
    this.#lobby.hide();
    const text = isEarly ? this.#texts.waiting(waiting.from) : cards.serverAway;
    this.#card.show(text, isEarly ? [this.#again(back)] : [], true);
  }

  /** Starts again: with a personal link the server is asked again, otherwise the visitor. */
  #again(label: string): CardAction {
    const act = () => {
      this.close();
      this.#identity = this.#link.data === undefined ? {} : this.#link;
      void this.start();
    };
    return { label, act };
  }

  #goTo(address: string): void {
    const url = webAddress(address);
    if (!url) return this.#showCard('failed');
    this.#showCard('elsewhere', [], true);
    location.assign(url);
  }

  #showCard(name: CardName, actions: readonly CardAction[] = [], waits = false): void {
    this.#lobby.close();
    this.#card.show(this.#texts.cards[name], actions, waits);
  }

  #notice(text: string): void {
    find('#notice').textContent = text;
    find('#notice').hidden = text === '';
  }

  /** Does something that the visitor may not wait for. */
  async #unlessLeft(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#waiting.abort();
    this.#waiting = new AbortController();
    const { signal } = this.#waiting;
    try {
      await work(signal);
    } catch (error) {
      if (signal.aborted) return;
      console.warn(error);
      this.#showCard('failed', [this.#again(this.#texts.tryAgain)]);
    }
  }
}

function identityOf(query: URLSearchParams): Identity {
  const pick = (name: string) => query.get(name) ?? undefined;
  const [data, sig, email] = [pick('data'), pick('sig'), pick('email')];
  return {
    ...(data !== undefined && { data }),
    ...(sig !== undefined && { sig }),
    ...(email !== undefined && { email }),
  };
}
