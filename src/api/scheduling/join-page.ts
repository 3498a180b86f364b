import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers a browser with the page on which people join. */
export type JoinPage = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
