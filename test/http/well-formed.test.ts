import { expect, test } from 'vitest';
import { startBulkJobBody } from '../../lambdas/http/bulk-jobs.ts';
import { stopExecutionBody } from '../../lambdas/http/workflow-schemas.ts';

const half = '😀'.slice(0, 1);

test('the reason of a bulk job is kept as well-formed text', () => {
  const order = { action: 'Stop', filter: {}, reason: `why ${half}` };
  expect(startBulkJobBody.parse(order)).toMatchObject({ reason: 'why �' });
});

test('the error and the cause of a stopped execution are sent as well-formed text', () => {
  expect(stopExecutionBody.parse({ error: half, cause: `${half}.` })).toEqual({ error: '�', cause: '�.' });
});
