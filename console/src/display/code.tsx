import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';

export interface CodeProps {
  readonly text: string;
  /** What is copied, in words. */
  readonly what: string;
}

/** Text as it is written, to be copied. */
export function Code({ text, what }: CodeProps) {
  return (
    <div className="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section tabIndex={0} aria-label={what}>
        <pre>{text}</pre>
      </section>
      <div className="code-copy">
        <CopyToClipboard
          variant="icon"
          textToCopy={text}
          copyButtonAriaLabel={`Copy the ${what}`}
          copySuccessText="Copied"
          copyErrorText="Could not be copied"
        />
      </div>
    </div>
  );
}
