import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useSampleTarget } from '../data/surroundings.tsx';
import { Code } from '../display/code.tsx';
import { samplesOf } from '../display/code-samples.ts';

/** How to call the function from elsewhere. */
export function CodeSampleTab({ functionName }: { readonly functionName: string }) {
  const target = useSampleTarget();
  return (
    <SpaceBetween size="l">
      {samplesOf(functionName, target).map(({ title, text, what }) => (
        <SpaceBetween key={title} size="xs">
          <Header variant="h3">{title}</Header>
          <Code text={text} what={what} />
        </SpaceBetween>
      ))}
    </SpaceBetween>
  );
}
