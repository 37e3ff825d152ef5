import { apiOperation } from './api-operation.ts';
import { openApiDocument } from './http/openapi/document.ts';

let text: string | undefined;

/** GetOpenApi: ours. Made once by each instance, which takes some 20 ms. */
export const handler = apiOperation('GetOpenApi', async () => {
  text ??= JSON.stringify(openApiDocument());
  return { statusCode: 200, text };
});
