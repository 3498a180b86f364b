import type { FastifyReply, FastifyRequest } from 'fastify';

/** Responds to a browser with the page on which people join. */
export type JoinPage = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
