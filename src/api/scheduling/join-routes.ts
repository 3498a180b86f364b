import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { ShoalError } from '../../error/shoal-error.ts';
import {
  type Admission,
  AdmissionError,
  type AdmissionRefusal,
  type Prospect,
  type Visitor,
} from '../../scheduling/admission.ts';
import type { Scheduling } from '../../scheduling/open-scheduling.ts';
import { AttemptLimit } from '../attempt-limit.ts';
import { clientAddress } from '../client-address.ts';
import { FrameworkError } from '../framework-error.ts';
import { clientUrls, elsewhere, joinAdmitted, joinConference } from './join-json.ts';
import type { JoinPage } from './join-page.ts';
import type { JoinRefused, JoinReply, JoinState } from './join-reply.ts';
import { joinText } from './join-texts.ts';
import { rememberDevice, visitorOf } from './join-visitor.ts';

/** Conferences and addresses that the strangers of one network, or the holder of a personal link, may try per minute. */
const guesses = { limit: 60, period: 60_000 };
/** Peers that are made per minute for somebody who joins again and again: backends are told of each. */
const joins = { limit: 60, period: 60_000 };
/** Seconds after which a client should ask again when the server cannot say anything. */
const retryAfter = 5;

const statuses: Readonly<Record<AdmissionRefusal['reason'], number>> = {
  notFound: 404,
  notInvited: 403,
  identityRequired: 403,
  outsideWindow: 403,
  full: 403,
};

/**
 * The addresses by which people join: docs/contracts/jitsi-admin.md 5 and 6. They are public. Browsers get the page, which asks the same
 * addresses; so that nothing which only follows links adds peers, unless people are sent to an application of the operator's.
 */
export function joinRoutes(scheduling: Scheduling, page: JoinPage): FastifyPluginAsync {
  const doors = new JoinDoors(scheduling, page);
  return async (app) => {
    const options = { schema: { hide: true } };
    app.get('/:number(^\\d{5,32}$)', options, (request, reply) => doors.arrive(request, reply));
    for (const path of ['/room/join/:way(^[ab]$)/:id', '/join/:slug']) {
      app.get(path, options, (request, reply) => doors.enter(request, reply));
      app.post(path, options, (request, reply) => doors.join(request, reply));
      for (const method of ['GET', 'POST'] as const) {
        app.route({
          ...options,
          method,
          url: `${path}/state`,
          handler: (request, reply) => doors.look(request, reply),
        });
      }
    }
  };
}

class JoinDoors {
  readonly #scheduling: Scheduling;
  readonly #page: JoinPage;
  readonly #guesses: AttemptLimit;
  readonly #joins: AttemptLimit;

  constructor(scheduling: Scheduling, page: JoinPage) {
    this.#scheduling = scheduling;
    this.#page = page;
    this.#guesses = new AttemptLimit({ ...guesses, clock: scheduling.clock });
    this.#joins = new AttemptLimit({ ...joins, clock: scheduling.clock });
  }

  /** Programs join, browsers get the page or go where they are sent. */
  async enter(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (wantsJson(request))
      return await (request.method === 'HEAD' ? this.look(request, reply) : this.join(request, reply));
    const { clientUrl, admissions } = this.#scheduling;
    const visitor = visitorOf(request);
    const isKnown = visitor.data !== undefined || visitor.email !== undefined;
    const [guesser, joiner] = [this.#guesserOf(request, visitor), this.#joinerOf(request, visitor)];
    const wait = this.#guesses.wait(guesser) + this.#joins.wait(joiner);
    if (clientUrl && isKnown && !isSpeculative(request) && wait === 0) {
      try {
        const admitted = await admissions.admit(visitor);
        this.#joins.count(joiner);
        rememberDevice(request, reply, visitor);
        return reply.redirect(this.#onward(request, admitted));
      } catch (error) {
        // The page says why.
        if (!(error instanceof AdmissionError || error instanceof ShoalError)) throw error;
        this.#countGuess(guesser, error);
      }
    }
    return await this.#page(request, reply);
  }

  /** Sends those on whom another server has sent here, because the conference was moved. */
  async arrive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { number } = request.params as { readonly number: string };
    const { jwt } = request.query as { readonly jwt?: unknown };
    const arrival = await this.#scheduling.admissions.arrival(number, typeof jwt === 'string' ? jwt : undefined);
    const address = clientAddress(request);
    const wait = arrival?.isKnown ? 0 : this.#guesses.wait(address);
    if (wait > 0) return await reply.code(429).header('retry-after', wait).send();
    if (arrival) return reply.redirect(arrival.url);
    this.#guesses.count(address);
    // If it is said to be here, FJ_HOST or an address is wrong: they would be sent in a circle.
    throw new FrameworkError(404);
  }

  async join(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const joiner = this.#joinerOf(request, visitorOf(request));
    const wait = this.#joins.wait(joiner);
    if (wait > 0) return await this.#delay(request, reply, wait);
    return await this.#respond(request, reply, async (visitor): Promise<JoinReply> => {
      const { admissions, links, clientUrl } = this.#scheduling;
      const admitted = await admissions.admit(visitor);
      if (!('token' in admitted)) return elsewhere(links, admitted, wayOf(request));
      this.#joins.count(joiner);
      rememberDevice(request, reply, visitor);
      return { ...joinAdmitted(admitted), ...(clientUrl && clientUrls(clientUrl, admitted, wayOf(request))) };
    });
  }

  /** Tells the same, and makes no peer. */
  async look(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    return await this.#respond(request, reply, async (visitor): Promise<JoinState> => {
      const { admissions, links } = this.#scheduling;
      const prospect = await admissions.look(visitor);
      if (prospect.isElsewhere) return elsewhere(links, prospect, wayOf(request));
      return { error: false, ...joinConference(prospect) };
    });
  }

  #onward(request: FastifyRequest, admitted: Admission | Prospect): string {
    const { links, clientUrl } = this.#scheduling;
    const way = wayOf(request);
    if (!('token' in admitted) || !clientUrl) return elsewhere(links, admitted, way).redirect;
    const { client_url, app_url = client_url } = clientUrls(clientUrl, admitted, way);
    return app_url;
  }

  /** Says what came of it, or why nothing did. */
  async #respond(
    request: FastifyRequest,
    reply: FastifyReply,
    work: (visitor: Visitor) => Promise<JoinReply | JoinState>,
  ): Promise<FastifyReply> {
    reply.header('cache-control', 'no-store').header('vary', 'accept, accept-language');
    const visitor = visitorOf(request);
    const guesser = this.#guesserOf(request, visitor);
    const wait = this.#guesses.wait(guesser);
    if (wait > 0) return await this.#delay(request, reply, wait);
    try {
      return await reply.send(await work(visitor));
    } catch (error) {
      if (error instanceof ShoalError) {
        request.log.warn({ err: error }, 'Somebody could not be admitted to a conference.');
        return await this.#refuse(request, reply.code(503).header('retry-after', retryAfter), {
          reason: 'unavailable',
        });
      }
      if (!(error instanceof AdmissionError)) throw error;
      const { refusal } = error;
      this.#countGuess(guesser, error);
      return await this.#refuse(request, reply.code(statuses[refusal.reason]), refusal);
    }
  }

  /** For whom failed attempts are counted. Who has a personal link does not wait for strangers of the same network. */
  #guesserOf(request: FastifyRequest, visitor: Visitor): string {
    const holder = this.#scheduling.admissions.holderOf(visitor);
    return holder ? `${holder.number} ${holder.email}` : clientAddress(request);
  }

  /** For whom peers are counted: a person at an address, who is believed an e-mail address or has a personal link. */
  #joinerOf(request: FastifyRequest, visitor: Visitor): string {
    const { conference, email = '' } = visitor;
    const guesser = this.#guesserOf(request, visitor);
    return JSON.stringify([guesser, conference, email.toLowerCase()]);
  }

  #countGuess(guesser: string, error: AdmissionError | ShoalError): void {
    const isGuess = error instanceof AdmissionError && ['notFound', 'notInvited'].includes(error.refusal.reason);
    if (isGuess) this.#guesses.count(guesser);
  }

  /** @param wait in seconds */
  async #delay(request: FastifyRequest, reply: FastifyReply, wait: number): Promise<FastifyReply> {
    reply.code(429).headers({ 'retry-after': wait, 'cache-control': 'no-store' });
    return await this.#refuse(request, reply, { reason: 'tooManyRequests' });
  }

  async #refuse(request: FastifyRequest, reply: FastifyReply, refusal: Parameters<typeof joinText>[0]) {
    const isEarly = refusal.reason === 'outsideWindow';
    const { timeZone: standard } = this.#scheduling;
    const { timeZone, moderator } = isEarly ? refusal.prospect.conference : { timeZone: null, moderator: null };
    const text = joinText(refusal, timeZone ?? moderator?.timeZone ?? standard, request.headers['accept-language']);
    const body: JoinRefused = {
      ...{ error: true, text, reason: refusal.reason },
      ...(isEarly && {
        from: new Date(refusal.from).toISOString(),
        to: new Date(refusal.to).toISOString(),
        conference: joinConference(refusal.prospect),
      }),
      ...(refusal.reason === 'identityRequired' && { email_admits: refusal.emailAdmits }),
    };
    return await reply.send(body);
  }
}

/** `a`: with the app; `b`: in the browser. */
function wayOf(request: FastifyRequest): 'a' | 'b' {
  return (request.params as { readonly way?: string }).way === 'a' ? 'a' : 'b';
}

function wantsJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return /\bapplication\/json\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}

/** Whether a browser only prepares for a visit, or a program wants to know whether the page exists. */
function isSpeculative({ headers, method }: FastifyRequest): boolean {
  const purposes = [headers['sec-purpose'], headers.purpose, headers['x-moz']];
  return method !== 'GET' || purposes.some((purpose) => /prefetch|prerender|preview/i.test(String(purpose ?? '')));
}
