import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { lazy, Suspense } from 'react';
import type { TaskAlarm } from '../../../client/index.ts';
import { apiTime } from '../data/api-time.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { timeText } from '../display/time.ts';
import { useQuery } from '../shell/router.ts';

/** Loaded when they are shown: a third of what the console is otherwise. */
const MetricCharts = lazy(() => import('../display/metric-charts.tsx'));

const POLL_MS = 15_000;

const HOURS = { '1': '1 hour', '3': '3 hours', '24': '1 day', '168': '7 days' };
const HOUR_MS = 3_600_000;

/** What was measured of a function, by the minute, and how its alarms stand. */
export function MonitoringTab({ functionName }: { readonly functionName: string }) {
  const [query, changeQuery] = useQuery();
  const hours = query.get('hours') ?? '1';
  const { value, error } = usePolled(
    `metrics ${functionName} ${hours}`,
    (signal) => taskApi.metrics(functionName, { startTime: apiTime() - Number(hours) * HOUR_MS }, { signal }),
    POLL_MS,
  );
  return (
    <SpaceBetween size="l">
      <Header
        variant="h2"
        actions={
          <SegmentedControl
            label="How far back"
            selectedId={hours}
            options={Object.entries(HOURS).map(([id, text]) => ({ id, text }))}
            onChange={({ detail }) => changeQuery({ hours: detail.selectedId })}
          />
        }
      >
        Monitoring
      </Header>
      {error !== undefined && (
        <Alert type="error" header="The metrics could not be read">
          {errorText(error)}
        </Alert>
      )}
      {value !== undefined && <Alarms alarms={value.alarms} />}
      {value === undefined ? (
        error === undefined && <Spinner size="large" />
      ) : (
        <Suspense fallback={<Spinner size="large" />}>
          <MetricCharts metrics={value} />
        </Suspense>
      )}
    </SpaceBetween>
  );
}

const STATES = { OK: 'success', ALARM: 'error', INSUFFICIENT_DATA: 'pending' } as const;
const STATE_WORDS = { OK: 'OK', ALARM: 'In alarm', INSUFFICIENT_DATA: 'Not enough data' } as const;

/** Those that are raised come first. */
function Alarms({ alarms }: { readonly alarms: readonly TaskAlarm[] }) {
  const sorted = alarms.toSorted((a, b) => Number(b.state === 'ALARM') - Number(a.state === 'ALARM'));
  return (
    <Container header={<Header variant="h3">Alarms</Header>}>
      {alarms.length === 0 ? (
        <Box color="text-body-secondary">The app has none for this function.</Box>
      ) : (
        <ul className="alarms">
          {sorted.map(({ alarmName, name, severity, state, reason, since }) => (
            <li key={alarmName} title={reason}>
              <StatusIndicator type={STATES[state]}>{STATE_WORDS[state]}</StatusIndicator>
              <span className="alarm-name">{name}</span>
              <Box color="text-body-secondary" fontSize="body-s" display="inline">
                {severity}
                {since !== undefined && `, since ${timeText(since)}`}
              </Box>
            </li>
          ))}
        </ul>
      )}
    </Container>
  );
}
