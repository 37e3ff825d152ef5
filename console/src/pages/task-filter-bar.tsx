import DateRangePicker, { type DateRangePickerProps } from '@cloudscape-design/components/date-range-picker';
import PropertyFilter from '@cloudscape-design/components/property-filter';
import { TASK_STATUSES } from '../../../client/index.ts';
import { type ListView, rangeOf, tokensOf, viewOfRange, viewOfTokens } from '../data/task-filter.ts';

const RANGES: DateRangePickerProps.RelativeOption[] = [
  { key: '15m', amount: 15, unit: 'minute', type: 'relative' },
  { key: '1h', amount: 1, unit: 'hour', type: 'relative' },
  { key: '24h', amount: 24, unit: 'hour', type: 'relative' },
  { key: '7d', amount: 7, unit: 'day', type: 'relative' },
];

export interface TaskFilterBarProps {
  readonly view: ListView;
  readonly onChange: (change: Partial<ListView>) => void;
}

export function TaskFilterBar({ view, onChange }: TaskFilterBarProps) {
  return (
    <div className="filter-bar">
      <PropertyFilter
        query={tokensOf(view)}
        onChange={({ detail }) => onChange(viewOfTokens(detail))}
        filteringAriaLabel="Filter tasks"
        filteringPlaceholder="Filter by status or the beginning of a TaskID"
        filteringProperties={[
          {
            key: 'status',
            propertyLabel: 'Status',
            groupValuesLabel: 'Statuses',
            operators: ['='],
          },
          {
            key: 'taskId',
            propertyLabel: 'TaskID',
            groupValuesLabel: 'TaskIDs',
            operators: ['^'],
            defaultOperator: '^',
          },
        ]}
        filteringOptions={TASK_STATUSES.map((value) => ({ propertyKey: 'status', value }))}
        freeTextFiltering={{ operators: ['^'], defaultOperator: '^' }}
        hideOperations
        expandToViewport
      />
      <DateRangePicker
        value={rangeOf(view)}
        onChange={({ detail }) => onChange(viewOfRange(detail.value))}
        relativeOptions={RANGES}
        isValidRange={(range) =>
          range?.type === 'absolute' && !(range.startDate < range.endDate)
            ? { valid: false, errorMessage: 'The end must come after the beginning.' }
            : { valid: true }
        }
        placeholder="Submitted at any time"
        ariaLabel="When tasks were submitted"
        expandToViewport
      />
    </div>
  );
}
