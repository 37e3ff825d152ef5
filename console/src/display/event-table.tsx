import Box from '@cloudscape-design/components/box';
import Table from '@cloudscape-design/components/table';
import type { AsyncTask, AsyncTaskEvent } from '../../../client/index.ts';
import { Status } from './status.tsx';
import { exactText, spanText } from './time.ts';

/** Every event of a task, with what passed since the submit and since the event before. */
export function EventTable({ events }: Pick<AsyncTask, 'events'>) {
  const first = events[0]?.timestamp ?? 0;
  const before = new Map(events.map((event, index) => [event.eventId, events[index - 1]]));
  const sincePrevious = ({ eventId, timestamp }: AsyncTaskEvent) => {
    const previous = before.get(eventId);
    return previous === undefined ? '' : `+${spanText(timestamp - previous.timestamp)}`;
  };
  return (
    <Table
      variant="embedded"
      contentDensity="compact"
      items={events}
      trackBy={({ eventId }) => String(eventId)}
      ariaLabels={{ tableLabel: 'Events' }}
      columnDefinitions={[
        { id: 'eventId', header: '#', cell: ({ eventId }) => eventId, width: 60 },
        {
          id: 'status',
          header: 'Event',
          isRowHeader: true,
          minWidth: 120,
          cell: ({ status }) => <Status status={status} />,
        },
        {
          id: 'since',
          header: 'Since submit',
          minWidth: 110,
          cell: ({ timestamp }) => spanText(timestamp - first),
        },
        { id: 'gap', header: 'Since previous', minWidth: 120, cell: sincePrevious },
        { id: 'at', header: 'At', minWidth: 210, cell: ({ timestamp }) => exactText(timestamp) },
        {
          id: 'detail',
          header: 'Detail',
          minWidth: 200,
          cell: ({ eventDetail }) =>
            eventDetail === undefined ? '' : <Box variant="code">{eventDetail}</Box>,
        },
      ]}
    />
  );
}
