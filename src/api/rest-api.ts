import type { FastifyInstance } from 'fastify';
import { registerApiDescription } from './api-description.ts';
import type { BearerAuthentication } from './bearer-authentication.ts';
import { registerFishjamApi } from './fishjam/fishjam-api.ts';
import type { FishjamContext } from './fishjam/fishjam-context.ts';
import { registerGroups, registerSchemas } from './route-group.ts';
import { type OutputContext, outputRoutes } from './shoal/output-routes.ts';

/** What the routes of the REST API stand on. */
export interface RestContext extends FishjamContext, OutputContext {}

/** Everything that the description of the API shows: Fishjam's routes and our own, and the description itself. */
export async function registerRestApi(
  app: FastifyInstance,
  context: RestContext,
  authentication: BearerAuthentication,
): Promise<void> {
  registerSchemas(app);
  await registerApiDescription(app);
  await registerFishjamApi(app, context, authentication);
  await registerGroups(app, [outputRoutes], context, authentication);
}
