import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { errorText } from '../data/task-api.ts';

interface Notifications {
  readonly items: readonly FlashbarProps.MessageDefinition[];
  readonly succeeded: (text: ReactNode) => void;
  readonly failed: (what: string, error: unknown) => void;
}

const NotificationsContext = createContext<Notifications | undefined>(undefined);

/** Good news goes by itself; bad news stays until somebody has read it. */
const GOOD_NEWS_MS = 6000;

let lastId = 0;

export function NotificationsProvider({ children }: { readonly children: ReactNode }) {
  const [items, setItems] = useState<readonly FlashbarProps.MessageDefinition[]>([]);
  const add = useCallback((type: 'success' | 'error', header: ReactNode, content?: ReactNode) => {
    lastId += 1;
    const id = String(lastId);
    const dismiss = () => setItems((current) => current.filter((item) => item.id !== id));
    const item = {
      id,
      type,
      header,
      content,
      dismissible: true,
      dismissLabel: 'Dismiss',
      onDismiss: dismiss,
    };
    setItems((current) => [item, ...current].slice(0, 4));
    if (type === 'success') setTimeout(dismiss, GOOD_NEWS_MS);
  }, []);
  const value = useMemo(
    () => ({
      items,
      succeeded: (text: ReactNode) => add('success', text),
      failed: (what: string, error: unknown) => add('error', what, errorText(error)),
    }),
    [items, add],
  );
  return <NotificationsContext value={value}>{children}</NotificationsContext>;
}

/** Tells the person at the screen how an action went. */
export function useNotifications(): Notifications {
  const notifications = useContext(NotificationsContext);
  if (!notifications) throw new Error('useNotifications needs a NotificationsProvider');
  return notifications;
}

export function NotificationBar() {
  const { items } = useNotifications();
  return <Flashbar items={items} />;
}
