import type { FastifyInstance, FastifySchemaCompiler, preValidationHookHandler, RouteOptions } from 'fastify';
import { type FastifyPluginAsyncZod, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Secret } from '../config/secret.ts';
import type { ErrorCode } from '../error/shoal-error.ts';
import { apiGuard } from './api-guard.ts';
import { membersOf } from './body-parsing.ts';
import { errorReply } from './reply.ts';

/**
 * The routes of one group, as a plugin. The zod schemas of a route check its requests and describe them. A message of a schema is a
 * code of the error table, which says what is sent; without one a wrong body is `invalidBody`.
 */
export type RouteGroup<Context> = (context: Context) => FastifyPluginAsyncZod;

/**
 * Lets the zod schemas of all routes check requests. What is sent has the type of its schema, so it is not checked once more. Headers
 * are described only: the framework would copy all of them whenever one is read, which viewers of HLS would pay for.
 */
export function registerSchemas(app: FastifyInstance): void {
  const checkAll: FastifySchemaCompiler<z.ZodType> = (route) =>
    route.httpPart === 'headers' ? () => true : validatorCompiler(route);
  app.setValidatorCompiler(checkAll);
  app.setSerializerCompiler(() => JSON.stringify);
}

/** Registers groups of routes. @param token guards them; undefined: they are open to everybody */
export async function registerGroups<Context>(
  app: FastifyInstance,
  groups: readonly RouteGroup<Context>[],
  context: Context,
  token?: Secret,
): Promise<void> {
  await app.register(async (scope) => {
    if (token) {
      scope.addHook('preValidation', apiGuard(token));
      scope.addHook('onRoute', describeGuard);
    }
    scope.addHook('preValidation', mergeMembers);
    for (const group of groups) await scope.withTypeProvider<ZodTypeProvider>().register(group(context));
  });
}

const unauthorized = { 401: errorReply('Unauthorized') };

/** Says of a route that it needs the token. */
function describeGuard(route: RouteOptions): void {
  const response = { ...(route.schema?.response as object | undefined), ...unauthorized };
  route.schema = { ...route.schema, security: [{ authorization: [] }], response };
}

/** The schema of a body sees all parameters outside the path, wherever they came from. */
const mergeMembers: preValidationHookHandler = (request, _reply, done) => {
  if (request.routeOptions.schema?.body) request.body = membersOf(request);
  done();
};

/**
 * A member that is described by its schema, but checked with it later: the order of checks of docs/contracts/fishjam-rest.md 5.1 and
 * 6.1 has other things before it.
 * @param schema with an id
 */
export function checkedLater(schema: z.ZodType) {
  return z.unknown().meta({ $ref: `#/components/schemas/${schema.meta()?.id}` });
}

/** A message for a member of a wrong value; one that is missing is another matter. */
export function unlessMissing(code: ErrorCode) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? undefined : code) };
}
