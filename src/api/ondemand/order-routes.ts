import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { OnDemand } from '../../ondemand/on-demand.ts';
import { discardBody } from '../framework-error.ts';
import { registerRawBodies, sentContentType } from '../raw-bodies.ts';
import { readOrder } from './order-fields.ts';
import { acceptance, internalError, methodNotAllowed, type OrderReply, refusal } from './order-reply.ts';

const url = '/deploy-recorder';
/** Bytes; an order has some hundred. */
const bodyLimit = 16_384;

/** `POST /deploy-recorder`: docs/contracts/jod.md 1 and 2. Whatever is asked, the response has the same shape. */
export function orderRoutes(onDemand: Pick<OnDemand, 'order' | 'deploy'>): FastifyPluginAsync {
  return async (app) => {
    registerRawBodies(app);
    app.setErrorHandler(sendFailure);
    app.route({
      method: 'POST',
      ...{ url, bodyLimit, schema: { hide: true } },
      handler: async (request, reply) => {
        const over = new Promise<void>((resolve) => reply.raw.once('close', resolve));
        const fields = readOrder(sentContentType(request.raw), request.body as Buffer | undefined);
        const order = await onDemand.order(fields);
        // The callback comes after the response, also when nobody has waited for that.
        void over.then(() => onDemand.deploy(order.deploymentId));
        return sendOrder(reply, acceptance(order));
      },
    });
    app.route({
      method: app.supportedMethods.filter((method) => method !== 'POST'),
      ...{ url, bodyLimit, schema: { hide: true } },
      handler: (_request, reply) => sendOrder(reply, methodNotAllowed),
    });
  };
}

function sendOrder(reply: FastifyReply, { status, headers = {}, body }: OrderReply): FastifyReply {
  const text = Buffer.from(JSON.stringify(body));
  // As bytes: the framework would add a character set of its own.
  return reply.code(status).headers(headers).header('content-type', 'application/json').send(text);
}

function sendFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = refusal(error);
  if (!known) request.log.error({ err: error }, 'An order failed unexpectedly.');
  // The framework would close the connection of a body that it gave up; a client that is still sending would miss the reply.
  reply.removeHeader('connection');
  discardBody(request.raw, () => sendOrder(reply, known ?? internalError));
}
