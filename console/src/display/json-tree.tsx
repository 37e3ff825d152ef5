/** So deep a tree is shown open. */
const OPEN_DEPTH = 2;

/** Of a long list or text so much is shown at first: a result may have a megabyte. */
const SHOWN_ITEMS = 100;
const SHOWN_CHARACTERS = 400;

export interface JsonTreeProps {
  readonly value: unknown;
  readonly name?: string;
  readonly depth?: number;
}

/** A JSON value as a tree to be opened and closed. */
export function JsonTree({ value, name, depth = 0 }: JsonTreeProps) {
  if (typeof value !== 'object' || value === null) {
    return (
      <div className="json-leaf">
        <Name name={name} />
        <Scalar value={value} />
      </div>
    );
  }
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) {
    return (
      <div className="json-leaf">
        <Name name={name} />
        {open + close}
      </div>
    );
  }
  return (
    <details className="json-branch" open={depth < OPEN_DEPTH}>
      <summary>
        <Name name={name} />
        {open}
        <span className="json-count">
          {entries.length} {entries.length === 1 ? 'item' : 'items'}
        </span>
        {close}
      </summary>
      {entries.slice(0, SHOWN_ITEMS).map(([key, item]) => (
        <JsonTree key={key} name={key} value={item} depth={depth + 1} />
      ))}
      {entries.length > SHOWN_ITEMS && (
        <div className="json-count">… {entries.length - SHOWN_ITEMS} more: see them as text</div>
      )}
    </details>
  );
}

function Name({ name }: { readonly name: string | undefined }) {
  return name === undefined ? null : <span className="json-name">{name}: </span>;
}

function Scalar({ value }: { readonly value: unknown }) {
  const text = JSON.stringify(value) ?? 'undefined';
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return <span className={`json-${value === null ? 'null' : typeof value}`}>{shown}</span>;
}
