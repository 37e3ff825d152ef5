import Table from '@cloudscape-design/components/table';
import type { AsyncTask, AsyncTaskEvent } from '../../../client/index.ts';
import { eventDetailText } from './error-text.ts';
import { Status } from './status.tsx';
import { clockText, exactText, spanText } from './time.ts';

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
      wrapLines
      items={events}
      trackBy={({ eventId }) => String(eventId)}
      ariaLabels={{ tableLabel: 'Events' }}
      columnDefinitions={[
        { id: 'status', header: 'Event', isRowHeader: true, minWidth: 150, cell: Event },
        {
          id: 'since',
          header: 'Since submit',
          minWidth: 100,
          cell: ({ timestamp }) => spanText(timestamp - first),
        },
        { id: 'gap', header: 'Since previous', minWidth: 110, cell: sincePrevious },
        {
          id: 'at',
          header: 'At',
          minWidth: 110,
          cell: ({ timestamp }) => (
            <span className="unbroken" title={exactText(timestamp)}>
              {clockText(timestamp)}
            </span>
          ),
        },
      ]}
    />
  );
}

function Event({ status, eventDetail }: AsyncTaskEvent) {
  return (
    <>
      <Status status={status} />
      {eventDetail !== undefined && (
        <div className="event-detail" title={eventDetail}>
          {eventDetailText(eventDetail)}
        </div>
      )}
    </>
  );
}
