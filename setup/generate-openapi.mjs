// Writes openapi/fishjam.yaml from the route schemas: npm run generate:openapi
import { writeFile } from 'node:fs/promises';
import { openapiDocument } from '../src/api/openapi-document.ts';

await writeFile(new URL('../openapi/fishjam.yaml', import.meta.url), await openapiDocument());
