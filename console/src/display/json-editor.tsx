import { type KeyboardEvent, useId, useRef } from 'react';

const INDENT = '  ';

export interface JsonEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly isInvalid: boolean;
}

/** An editor of JSON text: Enter keeps the indentation, and Tab goes on to the next field as everywhere. */
export function JsonEditor({ value, onChange, label, isInvalid }: JsonEditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = value.split('\n').length;
  const keepIndentation = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { selectionStart, selectionEnd } = event.currentTarget;
    const before = value.slice(0, selectionStart);
    const line = before.slice(before.lastIndexOf('\n') + 1);
    const indent = (/^\s*/.exec(line)?.[0] ?? '') + (/[[{]\s*$/.test(line) ? INDENT : '');
    onChange(`${before}\n${indent}${value.slice(selectionEnd)}`);
    const caret = selectionStart + 1 + indent.length;
    requestAnimationFrame(() => area.current?.setSelectionRange(caret, caret));
  };
  return (
    <div className={`editor${isInvalid ? ' editor-invalid' : ''}`}>
      <div className="editor-lines" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => `${index + 1}\n`)}
      </div>
      <textarea
        id={id}
        ref={area}
        aria-label={label}
        aria-invalid={isInvalid}
        value={value}
        rows={Math.min(Math.max(lines, 8), 20)}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={keepIndentation}
      />
    </div>
  );
}

/** What is wrong with a text that must be JSON; undefined when nothing is. */
export function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `Not JSON: ${(error as Error).message}`;
  }
}
