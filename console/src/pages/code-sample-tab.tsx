import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { Code } from '../display/code.tsx';
import { sampleOf } from '../display/code-samples.ts';

/** How to call the function from elsewhere. */
export function CodeSampleTab({ functionName }: { readonly functionName: string }) {
  const samples = [
    { title: 'Submit a task with curl', text: sampleOf('submit', functionName), what: 'submit by curl' },
    { title: 'Follow and stop it', text: sampleOf('follow', functionName), what: 'other calls by curl' },
    { title: 'The typed client', text: sampleOf('client', functionName), what: 'sample of the typed client' },
    {
      title: "Alibaba's FC SDK, unchanged",
      text: sampleOf('fcSdk', functionName),
      what: 'sample of the FC SDK',
    },
  ];
  return (
    <SpaceBetween size="l">
      {samples.map(({ title, text, what }) => (
        <SpaceBetween key={title} size="xs">
          <Header variant="h3">{title}</Header>
          <Code text={text} what={what} />
        </SpaceBetween>
      ))}
    </SpaceBetween>
  );
}
