import Box from '@cloudscape-design/components/box';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import { hrefTo } from '../shell/router.ts';

export function NotFoundPage() {
  return (
    <ContentLayout header={<Header variant="h1">There is no such page</Header>}>
      <Box variant="p">
        Go back to the <Link href={hrefTo('/')}>functions</Link>.
      </Box>
    </ContentLayout>
  );
}
