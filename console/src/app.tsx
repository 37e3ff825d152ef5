import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import { type ReactNode, useEffect, useState } from 'react';
import { FunctionsProvider, useFunctions } from './data/functions.tsx';
import { useAccessKey } from './data/session.ts';
import { SurroundingsProvider, useSurroundings } from './data/surroundings.tsx';
import { useWorkflows, WorkflowsProvider } from './data/workflows.tsx';
import { ExecutionPage } from './pages/execution-page.tsx';
import { FunctionPage } from './pages/function-page.tsx';
import { FunctionsPage } from './pages/functions-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';
import { TaskPage } from './pages/task-page.tsx';
import { WorkflowPage } from './pages/workflow-page.tsx';
import { WorkflowsPage } from './pages/workflows-page.tsx';
import { NotificationBar } from './shell/notifications.tsx';
import {
  executionHref,
  followLinks,
  functionHref,
  hrefTo,
  taskHref,
  usePath,
  workflowHref,
} from './shell/router.ts';
import { TopBar } from './shell/top-bar.tsx';

/** The console: what is around every page, and which page an address shows. */
export function App() {
  useEffect(() => {
    document.addEventListener('click', followLinks);
    return () => document.removeEventListener('click', followLinks);
  }, []);
  return (
    <SurroundingsProvider fallback={<TopBar />}>
      <Signed>
        <FunctionsProvider>
          <WorkflowsProvider>
            <Layout />
          </WorkflowsProvider>
        </FunctionsProvider>
      </Signed>
    </SurroundingsProvider>
  );
}

/** Shows the console to whoever may be answered: on this machine an API may ask the page itself for an access key. */
function Signed({ children }: { readonly children: ReactNode }) {
  const { isLocal, auth } = useSurroundings();
  const accessKey = useAccessKey();
  if (!isLocal || auth !== 'accessKeys' || accessKey !== undefined) return children;
  return (
    <>
      <TopBar />
      <SignInPage />
    </>
  );
}

const isNarrow = () => matchMedia('(max-width: 688px)').matches;

function Layout() {
  const path = usePath();
  const [isNavigationOpen, setNavigationOpen] = useState(() => !isNarrow());
  const crumbs = crumbsOf(path);
  const title = crumbs.at(-1)?.text ?? 'Functions';
  useEffect(() => {
    document.title = `${title} · Task Mode`;
  }, [title]);
  return (
    <>
      <TopBar />
      <AppLayout
        headerSelector="#top-bar"
        toolsHide
        maxContentWidth={1600}
        navigation={<Navigation path={path} />}
        navigationOpen={isNavigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        breadcrumbs={<BreadcrumbGroup items={crumbs} ariaLabel="Breadcrumbs" />}
        notifications={<NotificationBar />}
        stickyNotifications
        content={<Page path={path} />}
        ariaLabels={{
          navigation: 'Navigation',
          navigationClose: 'Close the navigation',
          navigationToggle: 'Open the navigation',
          notifications: 'Notifications',
        }}
      />
    </>
  );
}

function Page({ path }: { readonly path: readonly string[] }) {
  const [room, name, part, id] = path;
  if (room === undefined) return <FunctionsPage />;
  if (room === 'functions' && name !== undefined && part === undefined) {
    return <FunctionPage key={name} functionName={name} />;
  }
  if (room === 'functions' && name !== undefined && part === 'tasks' && id !== undefined) {
    return <TaskPage key={`${name}/${id}`} functionName={name} taskId={id} />;
  }
  if (room === 'workflows' && name === undefined) return <WorkflowsPage />;
  if (room === 'workflows' && name !== undefined && part === undefined) {
    return <WorkflowPage key={name} workflowName={name} />;
  }
  if (room === 'workflows' && name !== undefined && part === 'executions' && id !== undefined) {
    return <ExecutionPage key={`${name}/${id}`} workflowName={name} executionName={id} />;
  }
  return <NotFoundPage />;
}

interface Crumb {
  readonly text: string;
  readonly href: string;
}

function crumbsOf([room, name, , id]: readonly string[]): Crumb[] {
  const ofWorkflows = room === 'workflows';
  const crumbs: Crumb[] = [
    ofWorkflows
      ? { text: 'Workflows', href: hrefTo('/workflows') }
      : { text: 'Functions', href: hrefTo('/') },
  ];
  if (name !== undefined) {
    crumbs.push({ text: name, href: ofWorkflows ? workflowHref(name) : functionHref(name) });
  }
  if (name !== undefined && id !== undefined) {
    crumbs.push({ text: id, href: ofWorkflows ? executionHref(name, id) : taskHref(name, id) });
  }
  return crumbs;
}

function Navigation({ path: [room, name] }: { readonly path: readonly string[] }) {
  const { functions = [] } = useFunctions();
  const { workflows = [] } = useWorkflows();
  const hrefs: Readonly<Record<string, (name: string) => string>> = {
    functions: functionHref,
    workflows: workflowHref,
  };
  const activeHref =
    name === undefined ? hrefTo(room === 'workflows' ? '/workflows' : '/') : hrefs[room ?? '']?.(name);
  return (
    <SideNavigation
      header={{ text: 'Task Mode', href: hrefTo('/') }}
      activeHref={activeHref ?? hrefTo('/')}
      items={[
        {
          type: 'section-group',
          title: 'Functions',
          items: [
            { type: 'link', text: 'All functions', href: hrefTo('/') },
            ...functions.map(({ functionName }) => linkTo(functionName, functionHref(functionName))),
          ],
        },
        { type: 'divider' },
        {
          type: 'section-group',
          title: 'Workflows',
          items: [
            { type: 'link', text: 'All workflows', href: hrefTo('/workflows') },
            ...workflows.map(({ workflowName }) => linkTo(workflowName, workflowHref(workflowName))),
          ],
        },
      ]}
    />
  );
}

function linkTo(text: string, href: string) {
  return { type: 'link', text, href } as const;
}
