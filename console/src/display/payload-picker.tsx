import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { recentPayloads } from '../data/recent-payloads.ts';
import {
  deletePayload,
  payloadNameFault,
  renamePayload,
  type SavedPayload,
  savedPayloads,
  savePayload,
} from '../data/saved-payloads.ts';

export interface PayloadPickerProps {
  /** What the payloads are kept for. */
  readonly functionName: string;
  /** What is in the editor. */
  readonly text: string;
  readonly onTake: (text: string) => void;
}

const SAVED = 'saved:';
const RECENT = 'recent:';

/** Offers the payloads that were saved under a name and those that were submitted last, and saves the one in the editor. */
export function PayloadPicker({ functionName, text, onTake }: PayloadPickerProps) {
  const [saved, setSaved] = useState(() => savedPayloads(functionName));
  const [chosen, choose] = useState<string>();
  const [naming, setNaming] = useState<'save' | 'rename'>();
  const [failure, setFailure] = useState<string>();
  const recent = recentPayloads(functionName);
  const taken = saved.find(({ name }) => name === chosen);
  const changed = (fault: string | undefined, name: string | undefined) => {
    setFailure(fault);
    setSaved(savedPayloads(functionName));
    if (fault !== undefined) return;
    choose(name);
    setNaming(undefined);
  };
  const name = (given: string) =>
    naming === 'rename' && taken
      ? changed(renamePayload(functionName, taken.name, given), given)
      : changed(savePayload(functionName, { name: given, text }), given);
  const act = (id: string) => {
    if (taken === undefined) return;
    if (id === 'rename') setNaming('rename');
    if (id === 'update') changed(savePayload(functionName, { name: taken.name, text }), taken.name);
    if (id === 'delete') changed(deletePayload(functionName, taken.name), undefined);
  };
  const take = (value: string) => {
    const found = value.startsWith(SAVED)
      ? saved.find((each) => each.name === value.slice(SAVED.length))
      : undefined;
    choose(found?.name);
    setFailure(undefined);
    const taking = found?.text ?? recent[Number(value.slice(RECENT.length))];
    if (taking !== undefined) onTake(taking);
  };
  return (
    <FormField
      stretch
      label="Test payloads"
      description={`Saved in this browser, for ${functionName}.`}
      errorText={failure}
    >
      {naming === undefined ? (
        <div className="payload-picker">
          <Select
            selectedOption={taken ? { value: SAVED + taken.name, label: taken.name } : null}
            placeholder={saved.length + recent.length > 0 ? 'Take one' : 'None yet'}
            empty="None is saved, and none was submitted"
            options={optionsOf(saved, recent)}
            filteringType={saved.length + recent.length > 8 ? 'auto' : 'none'}
            onChange={({ detail }) => take(detail.selectedOption.value ?? '')}
            ariaLabel="Test payloads"
          />
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" onClick={() => setNaming('save')}>
              Save as
            </Button>
            <ButtonDropdown
              variant="icon"
              ariaLabel="What to do with the saved payload"
              disabled={taken === undefined}
              items={[
                { id: 'update', text: 'Save changes', disabled: taken?.text === text },
                { id: 'rename', text: 'Rename' },
                { id: 'delete', text: 'Delete' },
              ]}
              onItemClick={({ detail }) => act(detail.id)}
            />
          </SpaceBetween>
        </div>
      ) : (
        <NameField
          first={naming === 'rename' ? (taken?.name ?? '') : ''}
          taken={saved.map((each) => each.name)}
          onName={name}
          onCancel={() => setNaming(undefined)}
        />
      )}
    </FormField>
  );
}

function optionsOf(saved: readonly SavedPayload[], recent: readonly string[]) {
  const inALine = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 90);
  const groups = [
    {
      label: 'Saved',
      options: saved.map(({ name, text }) => ({
        value: SAVED + name,
        label: name,
        description: inALine(text),
      })),
    },
    {
      label: 'Submitted last',
      options: recent.map((text, index) => ({ value: RECENT + index, label: inALine(text) })),
    },
  ];
  return groups.filter(({ options }) => options.length > 0);
}

interface NameFieldProps {
  readonly first: string;
  readonly taken: readonly string[];
  readonly onName: (name: string) => void;
  readonly onCancel: () => void;
}

/** Asks for a name, which Enter takes as well. */
function NameField({ first, taken, onName, onCancel }: NameFieldProps) {
  const [name, setName] = useState(first);
  const trimmed = name.trim();
  const fault = trimmed === first ? undefined : payloadNameFault(trimmed, taken);
  const isGood = trimmed !== '' && trimmed !== first && fault === undefined;
  return (
    <FormField stretch errorText={name === '' ? undefined : fault}>
      <div className="payload-picker">
        <Input
          value={name}
          placeholder="A name, such as: two items"
          ariaLabel="Name of the payload"
          autoFocus
          autoComplete={false}
          onChange={({ detail }) => setName(detail.value)}
          onKeyDown={({ detail }) => {
            if (detail.key === 'Enter' && isGood) onName(trimmed);
          }}
        />
        <SpaceBetween direction="horizontal" size="xs">
          <Button formAction="none" disabled={!isGood} onClick={() => onName(trimmed)}>
            Save
          </Button>
          <Button variant="link" formAction="none" onClick={onCancel}>
            Cancel
          </Button>
        </SpaceBetween>
      </div>
    </FormField>
  );
}
