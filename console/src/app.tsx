import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import { useEffect, useState } from 'react';
import { FunctionsProvider, useFunctions } from './data/functions.tsx';
import { FunctionPage } from './pages/function-page.tsx';
import { FunctionsPage } from './pages/functions-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { TaskPage } from './pages/task-page.tsx';
import { NotificationBar } from './shell/notifications.tsx';
import { followLinks, functionHref, hrefTo, taskHref, usePath } from './shell/router.ts';
import { TopBar } from './shell/top-bar.tsx';

/** The console: what is around every page, and which page an address shows. */
export function App() {
  useEffect(() => {
    document.addEventListener('click', followLinks);
    return () => document.removeEventListener('click', followLinks);
  }, []);
  return (
    <FunctionsProvider>
      <Layout />
    </FunctionsProvider>
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
        navigation={<Navigation path={path} />}
        navigationOpen={isNavigationOpen}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        breadcrumbs={
          <BreadcrumbGroup
            items={[{ text: 'Functions', href: hrefTo('/') }, ...crumbs]}
            ariaLabel="Breadcrumbs"
          />
        }
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
  return <NotFoundPage />;
}

function crumbsOf([room, name, part, id]: readonly string[]): { text: string; href: string }[] {
  if (room !== 'functions' || name === undefined) return [];
  const own = { text: name, href: functionHref(name) };
  return part === 'tasks' && id !== undefined ? [own, { text: id, href: taskHref(name, id) }] : [own];
}

function Navigation({ path: [room, name] }: { readonly path: readonly string[] }) {
  const { functions = [] } = useFunctions();
  return (
    <SideNavigation
      header={{ text: 'Task Mode', href: hrefTo('/') }}
      activeHref={room === 'functions' && name !== undefined ? functionHref(name) : hrefTo('/')}
      items={[
        {
          type: 'section-group',
          title: 'Functions',
          items: [
            { type: 'link', text: 'All functions', href: hrefTo('/') },
            ...functions.map(({ functionName }) => ({
              type: 'link' as const,
              text: functionName,
              href: functionHref(functionName),
            })),
          ],
        },
      ]}
    />
  );
}
