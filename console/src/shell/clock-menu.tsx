import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TopNavigationProps } from '@cloudscape-design/components/top-navigation';
import { type ReactNode, useState } from 'react';
import { apiTime } from '../data/api-time.ts';
import { advanceClock, useAdvancedMs } from '../data/clock.ts';
import { secondsOf } from '../data/duration.ts';
import { spanText, timeText } from '../display/time.ts';
import { useNotifications } from './notifications.tsx';

const STEPS: readonly { readonly seconds: number; readonly text: string }[] = [
  { seconds: 60, text: 'by 1 minute' },
  { seconds: 900, text: 'by 15 minutes' },
  { seconds: 3600, text: 'by 1 hour' },
  { seconds: 86_400, text: 'by 1 day' },
];

const CUSTOM = 'custom';

/** The runtime takes no more at once. */
const MAX_SECONDS = 30 * 86_400;

export interface ClockMenu {
  /** Absent on AWS, whose clock nobody advances. */
  readonly utility: TopNavigationProps.Utility | undefined;
  readonly dialog: ReactNode;
}

/** Has it be later in the local runtime, and tells by how much it already is. */
export function useClockMenu(): ClockMenu {
  const advancedMs = useAdvancedMs();
  const [isAsking, setAsking] = useState(false);
  const { succeeded, failed } = useNotifications();
  if (advancedMs === undefined) return { utility: undefined, dialog: null };
  const advance = async (seconds: number) => {
    setAsking(false);
    try {
      await advanceClock(seconds);
      succeeded(`It is ${timeText(apiTime())} in this runtime now, ${spanText(seconds * 1000)} later`);
    } catch (error) {
      failed('The clock was not advanced', error);
    }
  };
  const isAhead = advancedMs > 0;
  return {
    utility: {
      type: 'menu-dropdown',
      iconName: 'calendar',
      text: isAhead ? `Clock ${spanText(advancedMs)} ahead` : 'Clock',
      badge: isAhead,
      ariaLabel: isAhead ? `Clock, ${spanText(advancedMs)} ahead` : 'Clock',
      title: 'Clock',
      description: 'What waits for that time comes at once; what runs goes on.',
      items: [
        {
          text: 'Advance the clock of this runtime',
          items: [
            ...STEPS.map(({ seconds, text }) => ({ id: String(seconds), text })),
            { id: CUSTOM, text: 'by another time' },
          ],
        },
      ],
      onItemClick: ({ detail }) => (detail.id === CUSTOM ? setAsking(true) : void advance(Number(detail.id))),
    },
    dialog: isAsking && <AdvanceDialog onAdvance={advance} onClose={() => setAsking(false)} />,
  };
}

interface AdvanceDialogProps {
  readonly onAdvance: (seconds: number) => void;
  readonly onClose: () => void;
}

function AdvanceDialog({ onAdvance, onClose }: AdvanceDialogProps) {
  const [text, setText] = useState('');
  const seconds = secondsOf(text);
  const isGood = seconds !== undefined && seconds <= MAX_SECONDS;
  const advance = () => {
    if (isGood) onAdvance(seconds);
  };
  return (
    <Modal
      visible
      header="Advance the clock"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!isGood} onClick={advance}>
              Advance
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <FormField
        stretch
        label="By how much"
        description="Delays, retries, expiry, schedules and the end of what is kept come at once. There is no way back but starting it with --fresh."
        errorText={text === '' || isGood ? undefined : 'Such as 90s, 5min, 2h or 1d 12h; 30 days at most'}
      >
        <Input
          value={text}
          placeholder="2h"
          autoFocus
          autoComplete={false}
          onChange={({ detail }) => setText(detail.value)}
          onKeyDown={({ detail }) => {
            if (detail.key === 'Enter') advance();
          }}
        />
      </FormField>
    </Modal>
  );
}
