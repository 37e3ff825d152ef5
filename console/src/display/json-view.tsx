import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { useState } from 'react';
import { Code } from './code.tsx';
import { type FoundImage, imagesIn } from './images.ts';
import { JsonTree } from './json-tree.tsx';

export interface JsonViewProps {
  readonly title: string;
  /** JSON text; undefined where there is none. */
  readonly text: string | undefined;
  /** What stands in its place. */
  readonly empty: string;
}

/** A JSON text as a tree, as it is, and as the images that it holds. */
export function JsonView({ title, text, empty }: JsonViewProps) {
  const value = parsed(text);
  const images = imagesIn(value);
  const [chosen, choose] = useState<string>();
  const first = images.length > 0 ? 'image' : 'tree';
  const selected = chosen ?? first;
  const options = [
    ...(images.length > 0 ? [{ id: 'image', text: images.length === 1 ? 'Image' : 'Images' }] : []),
    { id: 'tree', text: 'Tree' },
    { id: 'raw', text: 'Raw' },
  ];
  return (
    <Container
      header={
        <Header
          variant="h2"
          {...(text !== undefined && { description: sizeText(text) })}
          actions={
            text !== undefined && (
              <SegmentedControl
                label={`How the ${title.toLowerCase()} is shown`}
                selectedId={selected}
                options={options}
                onChange={({ detail }) => choose(detail.selectedId)}
              />
            )
          }
        >
          {title}
        </Header>
      }
    >
      {text === undefined ? (
        <Box color="text-body-secondary">{empty}</Box>
      ) : selected === 'image' ? (
        <Images images={images} />
      ) : selected === 'raw' ? (
        <Code text={indented(text, value)} what={title.toLowerCase()} />
      ) : (
        <div className="json">
          <JsonTree value={value} />
        </div>
      )}
    </Container>
  );
}

function Images({ images }: { readonly images: readonly FoundImage[] }) {
  return (
    <div className="images">
      {images.map(({ name, url }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an image is what it is by its place
        <figure key={index}>
          <img src={url} alt={name} />
          <figcaption>{name}</figcaption>
        </figure>
      ))}
    </div>
  );
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}

/** Long texts stay as they are: to set a megabyte out helps nobody. */
function indented(text: string, value: unknown): string {
  return text.length < 100_000 && typeof value === 'object' ? JSON.stringify(value, null, 2) : text;
}

function sizeText(text: string): string {
  const bytes = new Blob([text]).size;
  return bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`;
}
