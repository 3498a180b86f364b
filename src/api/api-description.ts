import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3 } from 'openapi-types';
import { fishjamVersion } from './fishjam/health-routes.ts';

const uiConfig = {
  // No validator badge: it would send the address to a server on the internet.
  validatorUrl: null,
  // Without the bar that opens other documents.
  layout: 'BaseLayout',
  // The list of all schemas folded: each is shown where it is used.
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
};

/** Describes the routes that are registered after this, at `/openapi.json` and, for people, at `/docs`. */
export async function registerApiDescription(app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.0',
      info: {
        title: 'Fishjam Media Server',
        version: fishjamVersion,
        license: { name: 'Apache 2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      components: { securitySchemes: { authorization: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => inFieldsTerms(jsonSchemaTransformObject(document) as OpenAPIV3.Document),
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', theme: { title: 'Shoal: REST API' }, uiConfig });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

/**
 * Generated clients know each schema by one name and send every body at will. The generator gives schemas a second name
 * for requests and wants all bodies, which is undone here; the request form of a schema is the one that leaves room for more members.
 */
function inFieldsTerms(document: OpenAPIV3.Document): OpenAPIV3.Document {
  const schemas = Object.entries(document.components?.schemas ?? {})
    .filter(([name]) => name.endsWith('Input'))
    .map(([name, schema]) => [name.slice(0, -'Input'.length), schema] as const)
    .map(([title, schema]) => [title, { title, ...schema }] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const components = { ...document.components, schemas: Object.fromEntries(schemas) };
  const text = JSON.stringify({ ...document, components }).replace(/(#\/components\/schemas\/\w+?)Input"/g, '$1"');
  const renamed = JSON.parse(text, (key, value) => withoutNoise(key, value)) as OpenAPIV3.Document;
  for (const { post } of Object.values(renamed.paths).flatMap((path) => path ?? [])) {
    if (post?.requestBody && 'content' in post.requestBody) post.requestBody.required = false;
  }
  return renamed;
}

/** Leaves out what says nothing: the range of a double's integers, and a list of one reference in place of the reference. */
function withoutNoise(key: string, value: unknown): unknown {
  if ((key === 'minimum' || key === 'maximum') && Math.abs(value as number) === Number.MAX_SAFE_INTEGER)
    return undefined;
  const { allOf, ...rest } = (value ?? {}) as { allOf?: unknown[] };
  return allOf?.length === 1 && Object.keys(rest).length === 0 ? allOf[0] : value;
}
