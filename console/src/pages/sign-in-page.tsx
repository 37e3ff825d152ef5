import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type SubmitEvent, useState } from 'react';
import { signIn } from '../data/session.ts';
import { refusalOf } from '../data/task-api.ts';

/** Takes the access key that an API wants which is called with access keys. */
export function SignInPage() {
  const [accessKeyId, setId] = useState('');
  const [accessKeySecret, setSecret] = useState('');
  const [keep, setKeep] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setAsking(true);
    const key = { accessKeyId, accessKeySecret };
    const refused = await refusalOf(key);
    setAsking(false);
    setRefusal(refused);
    if (refused === undefined) signIn(key, { keep });
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <Container
          header={
            <Header
              variant="h1"
              description="This API asks for an access key, as the Alibaba FC SDK has one. Your browser signs each call with it; the secret is sent nowhere."
            >
              Sign in
            </Header>
          }
        >
          <Form
            actions={
              <Button
                variant="primary"
                formAction="submit"
                loading={isAsking}
                disabled={accessKeyId === '' || accessKeySecret === ''}
              >
                Sign in
              </Button>
            }
          >
            <SpaceBetween size="l">
              {refusal !== undefined && (
                <Alert type="error" header="You are not signed in">
                  {refusal}
                </Alert>
              )}
              <FormField stretch label="Access key ID">
                <Input
                  value={accessKeyId}
                  autoFocus
                  autoComplete="username"
                  spellcheck={false}
                  onChange={({ detail }) => setId(detail.value.trim())}
                />
              </FormField>
              <FormField stretch label="Access key secret">
                <Input
                  type="password"
                  value={accessKeySecret}
                  autoComplete="current-password"
                  onChange={({ detail }) => setSecret(detail.value.trim())}
                />
              </FormField>
              <Checkbox
                checked={keep}
                description="Otherwise it is forgotten when the page is loaded anew."
                onChange={({ detail }) => setKeep(detail.checked)}
              >
                Stay signed in until this tab is closed
              </Checkbox>
              <Box color="text-body-secondary" fontSize="body-s">
                The keys of an app on this machine are in the file that <code>--access-keys</code> named when
                it was started.
              </Box>
            </SpaceBetween>
          </Form>
        </Container>
      </form>
    </main>
  );
}
