import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll } from 'vitest';
import { LogStore } from '../../local/logs/log-store.ts';
import { serveLogsApi } from '../../local/logs/logs-api.ts';

/** CloudWatch Logs of the local runtime. */
export async function startLogs() {
  const folder = mkdtempSync(join(tmpdir(), 'task-mode-logs-'));
  const store = new LogStore(folder);
  const api = await serveLogsApi(store);
  const client = new CloudWatchLogsClient({
    region: 'us-east-1',
    endpoint: api.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  afterAll(() => {
    client.destroy();
    api.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { store, client, endpoint: api.endpoint };
}
