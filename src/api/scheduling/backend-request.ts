import type { FastifyRequest } from 'fastify';
import type { Given } from '../../scheduling/conference.ts';
import type { ConferenceFields } from '../../scheduling/conferences.ts';
import { SchedulingError } from '../../scheduling/scheduling-error.ts';
import { FrameworkError } from '../framework-error.ts';
import { mediaType, queryOf, readMultipart } from '../request-body.ts';
import { jsonParameters } from './json-parameters.ts';
import { encodedParameters, namedParameters, type Parameters } from './php-parameters.ts';

const none: Parameters = new Map();

/** What a backend asks, and with which key. */
export class BackendRequest {
  readonly key: Given;
  readonly #parameters: Parameters;

  private constructor(key: Given, parameters: Parameters) {
    this.key = key;
    this.#parameters = parameters;
  }

  /** @param body undefined: it is not to be looked at @throws FrameworkError 413 */
  static async read(request: FastifyRequest, key: Given, body: Buffer | undefined): Promise<BackendRequest> {
    const params = Object.entries(request.params as Record<string, string>);
    // The source that comes first counts.
    const sources = [await bodyParameters(request, body), queryParameters(request), new Map(params)];
    return new BackendRequest(key, new Map(sources.flatMap((source) => [...source])));
  }

  /** A parameter; undefined: it was not given, or is no text. */
  get(name: string): Given {
    return this.#parameters.get(name) ?? undefined;
  }

  /** The parameters of a conference. @throws SchedulingError invalid when one of them is no text */
  fields(): ConferenceFields {
    const names = ['name', 'duration', 'server', 'start'] as const;
    if (names.some((name) => this.#parameters.get(name) === null)) throw new SchedulingError('invalid');
    const [name, duration, server, start] = names.map((each) => this.get(each));
    return { name, duration, server, start };
  }
}

function queryParameters({ raw }: FastifyRequest): Parameters {
  return encodedParameters(Buffer.from(queryOf(raw.url), 'latin1'));
}

/** @throws FrameworkError 413 */
async function bodyParameters({ method, headers }: FastifyRequest, body: Buffer | undefined): Promise<Parameters> {
  const contentType = headers['content-type'] ?? '';
  if (body === undefined || body.length === 0) return none;
  const type = mediaType(contentType);
  if (type === 'application/x-www-form-urlencoded') return encodedParameters(body);
  if (type === 'application/json' || type.endsWith('+json')) return jsonParameters(body);
  if (type !== 'multipart/form-data' || method !== 'POST') return none;
  try {
    return namedParameters((await readMultipart(body, contentType)).texts);
  } catch (error) {
    if (error instanceof FrameworkError && error.statusCode === 400) return none;
    throw error;
  }
}
